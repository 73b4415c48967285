-- The database of customers-service and incidents-service. Run this file as often as you like: it creates what is
-- missing, recomputes the summaries, and inserts sample rows if both tables are empty. It never changes your rows. All
-- of it is one transaction. If a statement fails, nothing is committed, and the message says what to fix.

BEGIN IMMEDIATE;

-- Tables -------------------------------------------------------------------------------------------
CREATE TABLE IF NOT EXISTS Customers (
    Id      TEXT    NOT NULL PRIMARY KEY, -- UUID, in any case
    Name    TEXT    NOT NULL,
    City    TEXT    NOT NULL,
    Country TEXT    NOT NULL,
    Scoring INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS Incidents (
    Id           TEXT    NOT NULL PRIMARY KEY, -- UUID, in any case
    Amount       NUMERIC NOT NULL,             -- below 10^11, at most four decimal places
    CustomerName TEXT    NOT NULL,             -- matched byte for byte; the customer may be missing
    Category     TEXT    NOT NULL
);

-- Existing tables may differ. RAISE needs a literal message, so json_extract(), which quotes an invalid path, raises it.
CREATE TABLE Problems (Problem TEXT NOT NULL);
INSERT INTO Problems
SELECT name || ' has to be an ordinary table with rowids: rename it' FROM pragma_table_list
WHERE schema = 'main' AND name COLLATE NOCASE IN ('Customers', 'Incidents') AND (type <> 'table' OR wr)
UNION ALL
SELECT value || ' is missing: add the column'
FROM json_each('["Customers.Id", "Customers.Name", "Customers.City", "Customers.Country", "Customers.Scoring",
    "Incidents.Id", "Incidents.Amount", "Incidents.CustomerName", "Incidents.Category"]')
WHERE value COLLATE NOCASE NOT IN (SELECT 'Customers.' || name FROM pragma_table_info('Customers')
    UNION ALL SELECT 'Incidents.' || name FROM pragma_table_info('Incidents'))
UNION ALL
SELECT value || '.Id has to be the primary key, and no other index of the table may be unique'
FROM json_each('["Customers", "Incidents"]')
WHERE (SELECT group_concat(name) FROM pragma_table_info(value) WHERE pk) IS NOT 'Id' COLLATE NOCASE
    OR EXISTS (SELECT 1 FROM pragma_index_list(value) WHERE "unique" AND origin <> 'pk')
UNION ALL
SELECT 'the index ' || name || ' belongs to the table ' || tbl_name || ': drop the index, or rename the table back'
FROM sqlite_master
WHERE type = 'index' AND tbl_name COLLATE NOCASE NOT IN ('Customers', 'Incidents')
    AND name IN ('CustomersById', 'CustomersByName', 'CustomersByScoring', 'IncidentsById', 'IncidentsByCustomer');
SELECT json_extract('{}', Problem) FROM Problems;

CREATE INDEX IF NOT EXISTS CustomersById ON Customers (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS CustomersByName ON Customers (Name, Id);
CREATE INDEX IF NOT EXISTS CustomersByScoring ON Customers (Scoring DESC, Name, Id);
CREATE INDEX IF NOT EXISTS IncidentsById ON Incidents (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS IncidentsByCustomer ON Incidents (CustomerName);

-- The triggers, views and summaries of versions 1.0, 1.1 and 2.0. Those of 2.0 are created again below.
DROP TRIGGER IF EXISTS CustomerInserting; DROP TRIGGER IF EXISTS CustomerInserted;
DROP TRIGGER IF EXISTS CustomerUpdating; DROP TRIGGER IF EXISTS CustomerUpdated; DROP TRIGGER IF EXISTS CustomerDeleted;
DROP TRIGGER IF EXISTS CustomerOffered; DROP TRIGGER IF EXISTS CustomerRevised; DROP TRIGGER IF EXISTS CustomerArriving;
DROP TRIGGER IF EXISTS CustomerMoving; DROP TRIGGER IF EXISTS CustomerAdded;
DROP TRIGGER IF EXISTS CustomerDisplacedByInsert; DROP TRIGGER IF EXISTS CustomerDisplacedByUpdate;
DROP TRIGGER IF EXISTS CustomerRemoved; DROP TRIGGER IF EXISTS IncidentInserting;
DROP TRIGGER IF EXISTS IncidentInserted; DROP TRIGGER IF EXISTS IncidentReplacedByInsert;
DROP TRIGGER IF EXISTS IncidentUpdating; DROP TRIGGER IF EXISTS IncidentUpdated;
DROP TRIGGER IF EXISTS IncidentReplacedByUpdate; DROP TRIGGER IF EXISTS IncidentDeleted;
DROP TRIGGER IF EXISTS IncidentOffered; DROP TRIGGER IF EXISTS IncidentRevised; DROP TRIGGER IF EXISTS IncidentArriving;
DROP TRIGGER IF EXISTS IncidentMoving; DROP TRIGGER IF EXISTS IncidentAdded; DROP TRIGGER IF EXISTS IncidentAmended;
DROP TRIGGER IF EXISTS IncidentDisplacedByInsert; DROP TRIGGER IF EXISTS IncidentDisplacedByUpdate;
DROP TRIGGER IF EXISTS IncidentRemoved;
DROP VIEW IF EXISTS IncidentChanges; DROP VIEW IF EXISTS CurrentCustomerCount;
DROP VIEW IF EXISTS IncidentTotalsAreCurrent; DROP VIEW IF EXISTS IncidentDustCarrying;
DROP VIEW IF EXISTS IncidentTotalsInJson; DROP VIEW IF EXISTS Limbs;
DROP TABLE IF EXISTS CustomerSummary; DROP TABLE IF EXISTS IncidentSummaries; DROP TABLE IF EXISTS IncidentDust;
DROP TABLE IF EXISTS DisplacedCustomers; DROP TABLE IF EXISTS DisplacedIncidents;
DROP TRIGGER IF EXISTS customers_before_insert; DROP TRIGGER IF EXISTS customers_after_insert;
DROP TRIGGER IF EXISTS customers_before_update; DROP TRIGGER IF EXISTS customers_after_update;
DROP TRIGGER IF EXISTS customers_after_move; DROP TRIGGER IF EXISTS customers_after_delete;
DROP TRIGGER IF EXISTS incidents_before_insert; DROP TRIGGER IF EXISTS incidents_after_insert;
DROP TRIGGER IF EXISTS incidents_after_replace; DROP TRIGGER IF EXISTS incidents_before_update;
DROP TRIGGER IF EXISTS incidents_after_update; DROP TRIGGER IF EXISTS incidents_after_move;
DROP TRIGGER IF EXISTS incidents_after_delete;
DROP VIEW IF EXISTS RowCheck; DROP VIEW IF EXISTS RuleViolations; DROP VIEW IF EXISTS IncidentCounting;
DROP TABLE IF EXISTS CustomerCount; DROP TABLE IF EXISTS IncidentTotals; DROP TABLE IF EXISTS ReplacedCustomers;
DROP TABLE IF EXISTS ReplacedIncidents;

-- Sample rows --------------------------------------------------------------------------------------
CREATE TABLE EmptyTables AS
SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM Customers) AND NOT EXISTS (SELECT 1 FROM Incidents);
INSERT INTO Customers (Id, Name, City, Country, Scoring) SELECT * FROM (VALUES
    ('4925914c-4fb2-4c77-928a-17566c235628', 'Albatros Shipping', 'Rotterdam', 'Netherlands', 10),
    ('9fcdee5f-ab0e-438b-accf-fddc1ce25487', 'Alpenglow Outdoor', 'Innsbruck', 'Austria', 7),
    ('1c061cd4-0cd0-4dd6-9dc5-de8882597e2a', 'Amberlight Energy', 'Gdańsk', 'Poland', 9),
    ('bc632979-5bfb-4ecf-a3d8-dbae237bf455', 'Åkerlund & Söner', 'Uppsala', 'Sweden', 8),
    ('e4ea4002-e483-4f2b-876d-ed3b345476fb', 'Blue Heron Analytics', 'Toronto', 'Canada', 3),
    ('2829acb5-ffb1-4dd2-81d6-3a4af08dfc47', 'Boulangerie Lefèvre', 'Lyon', 'France', 6),
    ('1f03834f-b4f1-4964-9f78-d29557bbdf34', 'Brightwater Foods', 'Auckland', 'New Zealand', 10),
    ('fa8ab791-d097-48d9-a88d-180d54ec9e73', 'Café Olé Roasters', 'Zaragoza', 'Spain', 4),
    ('5e17b616-1163-4513-9c91-14177b65daa1', 'Cedar & Stone', 'Beirut', 'Lebanon', 5),
    ('09966a16-df41-4433-a870-2860c0204852', 'Copperfield Mills', 'Leeds', 'United Kingdom', 2),
    ('7a45647a-468d-465f-a1fb-077966b735bc', 'D''Angelo Trasporti', 'Bologna', 'Italy', 9),
    ('c65a9589-29e9-482c-b0c7-7c7f556f8328', 'Dunmore Textiles', 'Dundee', 'United Kingdom', 6),
    ('f30cc970-faa0-4197-8986-ec180564d3c9', 'Ebony Furniture', 'Accra', 'Ghana', 1),
    ('5986e63e-81e7-4c46-9345-bbf4a643b0ac', 'Évora Cortiça', 'Évora', 'Portugal', 7),
    ('be2c2d74-b283-40c3-ba6e-8e3d6b9068dd', 'Fjordkraft Marine', 'Bergen', 'Norway', 8),
    ('4d3f60e4-2b52-4e7c-b54f-b822e661c7d3', 'Gläserne Manufaktur', 'Dresden', 'Germany', 10),
    ('8c08365a-8346-417e-ac5b-df471f61166d', 'Golden Gate Optics', 'San Francisco', 'United States', 5),
    ('34ae032c-5c35-45ed-b2aa-167d0db65b1f', 'Harbour Light Press', 'Galway', 'Ireland', 3),
    ('5dc6443e-25e2-45c4-99c7-6a65096d9e02', 'Hokkai Seafood', 'Sapporo', 'Japan', 9),
    ('fb568025-bc03-4867-8dd9-c4d5b408df5a', 'Ípsilon Software', 'São Paulo', 'Brazil', 4),
    ('3ebce854-a3cc-4cb6-b9a6-26730abe3ccc', 'Jade Mountain Tea', 'Taipei', 'Taiwan', 6),
    ('c317e632-1757-4ae4-9c33-dc610c4381b5', 'Kestrel Aviation', 'Nairobi', 'Kenya', 8),
    ('868c4043-af13-48e0-8804-8019795cc170', 'Łódzkie Zakłady', 'Łódź', 'Poland', 7),
    ('df73436d-b8fe-409f-914c-a97bde7e2644', 'Lumen Instruments', 'Eindhoven', 'Netherlands', 2),
    ('9e7b81af-525f-48d6-a21b-1f111d384b5e', 'Maple Ridge Dairy', 'Burlington', 'United States', 5),
    ('476826bc-43a8-4998-bd66-ccdb48e48c30', 'Mistral Composites', 'Marseille', 'France', 3),
    ('723745c8-7123-49d5-8eb6-074894a7f2bc', 'Nordlicht Solar', 'Kiel', 'Germany', 10),
    ('3ccd42a7-bc20-4a1d-bfb4-ab0952f4bfb3', 'O''Malley Logistics', 'Cork', 'Ireland', 9),
    ('893f046e-730f-40d7-b70d-31f33b4c9160', 'Papaya Postal', 'Manila', 'Philippines', 1),
    ('c0549034-d3a2-4242-99ce-c91805e8d122', 'Quarry Lane Cement', 'Perth', 'Australia', 4),
    ('205bb0aa-57fe-4411-8f17-3c9fd3a862b2', 'Redwood Robotics', 'Portland', 'United States', 6),
    ('487da44f-24cd-45d8-9709-af8bff9942c9', 'Saffron Spice House', 'Kochi', 'India', 2),
    ('76414014-03a6-4353-b252-a8bb33be257b', 'Señor Verde', 'Guadalajara', 'Mexico', 7),
    ('cd699068-38dd-4a67-a9e5-9127fffa34b0', 'Tatra Pumps', 'Košice', 'Slovakia', 5),
    ('60160e9e-79ea-41bd-b20f-92d650d5f9d8', 'Ülker Denizcilik', 'İzmir', 'Türkiye', 8),
    ('c10d994f-54f9-4508-976c-eea877ff948a', 'Vesta Insurance', 'Basel', 'Switzerland', 3),
    ('304c834d-dc74-4730-9274-e4df426fc85a', 'Wandering Albatross Travel', 'Hobart', 'Australia', 9),
    ('6d6861b3-f654-4500-9b19-6bfbb2981d3e', 'Xylon Paper', 'Thessaloniki', 'Greece', 1),
    ('89491957-1f5a-4e4c-a5c9-6b00f24a4cf6', 'Yarrow Pharma', 'Copenhagen', 'Denmark', 4),
    ('a889c7e1-db99-44ec-b7b7-3a1da5cf1507', '日本光学', '京都', 'Japan', 9)
) WHERE EXISTS (SELECT 1 FROM EmptyTables);
INSERT INTO Incidents (Id, Amount, CustomerName, Category) SELECT * FROM (VALUES
    ('a2c437a1-abc1-4f43-9e3b-8a867dcdd592', 591, 'Jade Mountain Tea', 'Outage'),
    ('25e16dd5-32ed-4c9a-b904-c796c17e5c69', 4144, '日本光学', 'Data loss'),
    ('4b3593d5-819b-4811-8bba-33fd20e33134', 7838, 'Wandering Albatross Travel', 'Theft'),
    ('21bcafab-4659-487d-9add-8fa9ef360669', 2617, 'Señor Verde', 'Outage'),
    ('c87aed40-d1e4-4723-8c0a-66b06e149d18', 1540, 'Gläserne Manufaktur', 'Fire'),
    ('3bb47fc5-e632-4077-84cb-008defe06bf3', 331, 'Évora Cortiça', 'Water damage'),
    ('553ca79e-9de8-446c-a3a0-dd2e1fb4b2b2', 6515, 'Åkerlund & Söner', 'Damaged goods'),
    ('3dba2ac0-cd9c-41d6-af93-a87fd720a7d7', 1625, 'Fjordkraft Marine', 'Data loss'),
    ('4fc7082b-f9f8-4c86-85c2-0fb67c0a0e06', 6272, 'O''Malley Logistics', 'Late delivery'),
    ('564ef5b5-84c6-4814-91d9-9beb135a3e0e', 405, 'Golden Gate Optics', 'Late delivery'),
    ('5fbeb2ae-f82b-4698-9952-a9be80816f46', 6302.25, 'Fjordkraft Marine', 'Fire'),
    ('a1f008ef-1500-4645-aa1c-efc4f1734f0b', 3940, 'Amberlight Energy', 'Billing'),
    ('29166e5a-819e-45bb-8a45-e21d57254332', 4090, 'Redwood Robotics', 'Data loss'),
    ('b2c4e5e6-6c40-486c-a30b-411589d65e35', 246.25, 'Kestrel Aviation', 'Late delivery'),
    ('dca39e8d-b37b-49cd-958d-8c980e7e4cc7', 7868, 'Hokkai Seafood', 'Theft'),
    ('eab868f4-e37c-4303-a566-1ea12e5cc16b', 2767.25, 'Lumen Instruments', 'Fire'),
    ('487452e7-de9f-4411-82a3-88a751d71d0b', 4019.5, 'Łódzkie Zakłady', 'Billing'),
    ('1b9fe776-1ed6-4e27-aa33-c103e4fc5b6c', 8080, 'Łódzkie Zakłady', 'Data loss'),
    ('0e7bb4e5-ff2f-41ba-8ef6-ae0ccdf02ea2', 5294, 'Gläserne Manufaktur', 'Fire'),
    ('92d91d77-9544-4688-b2b8-44a2e72c14b8', 386.25, 'Redwood Robotics', 'Outage'),
    ('ad3cb8a6-10c3-46bd-bcf1-4dd60cf0128f', 1603, 'Łódzkie Zakłady', 'Theft'),
    ('7e077a38-21cd-4c2f-93cf-ae040083bb68', 5345.25, 'Hokkai Seafood', 'Data loss'),
    ('26e47494-833a-4cca-96d3-72aa7ba6bcae', 3771, 'Fjordkraft Marine', 'Late delivery'),
    ('1bc1e3b0-d5c3-43ef-9b8f-b60a97689687', 796, 'Albatros Shipping', 'Outage'),
    ('586f28c5-ff79-4db8-8671-813feebc9655', 510, 'Cedar & Stone', 'Late delivery'),
    ('19917b25-1e3f-4f9d-b8c9-1adc8304e28c', 2476.75, 'Albatros Shipping', 'Data loss'),
    ('c611f1c7-d3ad-457b-afee-29ddf165cf8a', 2654, 'Alpenglow Outdoor', 'Late delivery'),
    ('0cef246b-c44b-4aaf-ab5f-4ddbaf38c1e0', 2799.5, 'Copperfield Mills', 'Water damage'),
    ('7f5ad75b-1f32-4dcf-acc4-0fcb55027fc5', 680, 'Café Olé Roasters', 'Outage'),
    ('55192e26-e1c5-4c2e-b1f1-e17300be2b54', 2751.25, 'D''Angelo Trasporti', 'Damaged goods'),
    ('76a6dece-9d90-479c-9bd2-59fa99b78516', 367, 'Vesta Insurance', 'Outage'),
    ('f96c599c-9109-449f-adf2-07a7160e4223', 2604, 'Kestrel Aviation', 'Damaged goods'),
    ('a539323c-380b-4ea0-ad23-0bfdd8bddb60', 1321, 'Hokkai Seafood', 'Fire'),
    ('9b943d9f-6991-44a3-9b1a-7edc06873d55', 3885, 'Gläserne Manufaktur', 'Damaged goods'),
    ('93df81b1-f26a-4e50-a7e1-f769fd0269ed', 1645.75, 'Kestrel Aviation', 'Theft'),
    ('01aec205-017c-4045-9a1e-737b5ec249f1', 5436, 'Łódzkie Zakłady', 'Outage'),
    ('20cc084a-ad38-4067-9514-bbc6edd07013', 2565, 'Dunmore Textiles', 'Outage'),
    ('8eccbe17-97c8-4bb2-84ae-aaa9a93b8456', 7958.75, 'O''Malley Logistics', 'Billing'),
    ('4a982e47-b683-4ac3-8dde-a922c172dba6', 7861.5, 'Fjordkraft Marine', 'Data loss'),
    ('4967b0f8-1972-4b0d-8497-967b61ec156d', 483, '日本光学', 'Data loss'),
    ('3c21361c-0eb5-4bc3-b154-639a40be51de', 13877.75, 'Brightwater Foods', 'Damaged goods'),
    ('d9ff95d7-8b11-48d9-838f-2c08d35a2e70', 1706, 'Brightwater Foods', 'Outage'),
    ('3a94a453-5f7c-43d6-9ddc-4102f33325d3', 6327, 'Ülker Denizcilik', 'Theft'),
    ('57eb510d-e8a8-477e-bf4f-5fb43b3b971d', 334.5, '日本光学', 'Fire'),
    ('dc51ee05-19a6-4303-a39b-87b59dec7995', 5224.25, 'O''Malley Logistics', 'Water damage'),
    ('f40147dc-904f-4dc8-b373-efe414c15e46', 598, 'Alpenglow Outdoor', 'Late delivery'),
    ('20a32b10-bea4-4d48-806e-bcf7bf2beb88', 5363, 'Łódzkie Zakłady', 'Late delivery'),
    ('4f2170be-5185-4891-9d2e-6d252d907979', 7872, 'O''Malley Logistics', 'Billing'),
    ('0a43336f-1072-4c1f-89cc-86784471b6e3', 5592.5, 'Fjordkraft Marine', 'Billing'),
    ('9c2b5f85-4b60-4940-84d3-ca528d8b6524', 3978, 'Évora Cortiça', 'Damaged goods'),
    ('7c59ce2e-2a05-43d3-848b-8d50b939e9f5', 6463, 'Boulangerie Lefèvre', 'Outage'),
    ('a18305cc-662e-4864-b260-84e3dcb68c2a', 5238, 'Brightwater Foods', 'Outage'),
    ('a1da8b78-4a4d-4374-992e-bf4c54e7c63f', 5385, 'Alpenglow Outdoor', 'Data loss'),
    ('93a306e6-6663-4b59-953b-b2fc79cd8dcb', 544, 'Ülker Denizcilik', 'Outage'),
    ('9b63f406-cb52-46f0-bea6-7629b153e973', 7803, 'Wandering Albatross Travel', 'Fire'),
    ('72af7068-b510-45b8-94f5-fa8f2d99644e', 5356, 'Ípsilon Software', 'Water damage'),
    ('f3cf74ed-57cc-40db-bf0a-12d158be1bc8', 2577, 'D''Angelo Trasporti', 'Water damage'),
    ('d24e2661-a1df-4fc8-8ea7-4e768604b3a2', 6352.75, 'Redwood Robotics', 'Theft'),
    ('0ce5d506-cd5a-4398-9f68-9c3d29f1e59d', 717, 'Vesta Insurance', 'Outage'),
    ('16708f8c-70b4-4d47-89bc-bc89c86e2055', 1217, 'Jade Mountain Tea', 'Data loss'),
    ('897045e6-f0d0-493c-9efb-b8f53f24ef6a', 845.25, 'Golden Gate Optics', 'Theft'),
    ('3a51f896-27cd-49b3-afcb-34d90776670f', 568.5, 'Fjordkraft Marine', 'Billing'),
    ('f50673fd-db58-4e2b-9d4e-9f704923d4fd', 1069, 'Yarrow Pharma', 'Theft'),
    ('bac949d3-66d2-43c3-8a4d-a92e277fc847', 418, 'O''Malley Logistics', 'Theft'),
    ('e38949d5-5b88-456a-bac7-2b05c27a731b', 8034.75, 'Blue Heron Analytics', 'Outage'),
    ('e9c8d6d5-7988-4121-a2fa-5456b8488ab6', 447, 'O''Malley Logistics', 'Damaged goods'),
    ('1b48624c-af5a-4cf5-aa61-d5443e3bc93a', 1120.75, 'Ülker Denizcilik', 'Data loss'),
    ('1b4a09e6-b771-4a6e-89f2-a12a02a623c9', 3996, 'Kestrel Aviation', 'Data loss'),
    ('927a6ff8-0388-4f9c-beae-4ade96f5cffc', 1869, '日本光学', 'Billing'),
    ('c6bdb1e5-13a3-4eeb-8afb-52aa8dc0265c', 6415.5, 'Albatros Shipping', 'Water damage'),
    ('89002af7-daf4-4cb2-a167-fdd184c08379', 588.25, 'Señor Verde', 'Outage'),
    ('f70ed427-bb87-4b02-bc74-d874aa5e9d0e', 1688, 'Kestrel Aviation', 'Billing'),
    ('500fcd25-8d51-45cc-9eae-f8ad9da28ab6', 1202, 'Ülker Denizcilik', 'Water damage'),
    ('7a2fb8d8-a21e-46f5-850f-601ea4229194', 342, 'Fjordkraft Marine', 'Theft'),
    ('4864a511-ff6f-403a-bb47-ec551b388ddd', 2726, 'Blue Heron Analytics', 'Outage'),
    ('d5e343ad-6a15-4eff-b358-c6e6cacc7db8', 6248, 'Señor Verde', 'Billing'),
    ('8988d084-be41-4ea9-bad5-a18760f94ced', 1568, 'Redwood Robotics', 'Fire'),
    ('a2a5e0fc-1c73-4f11-bcef-5fd5ca87f747', 5390.75, 'Nordlicht Solar', 'Damaged goods'),
    ('74e49191-ff3a-478c-b189-018752f4ed36', 348, 'Fjordkraft Marine', 'Theft'),
    ('cd2c26c9-860b-4a96-a08d-052903f54489', 5589, 'Brightwater Foods', 'Late delivery'),
    ('5bd5698c-8b30-41a8-9d74-dea7a10161fb', 2472.25, 'Nordlicht Solar', 'Water damage'),
    ('33add8fe-1556-4a24-90b3-c8dd5b883fcd', 1069, 'Yarrow Pharma', 'Damaged goods'),
    ('f989bac8-573f-435d-8fbb-1f57b41683fd', 680, '日本光学', 'Water damage'),
    ('5340e6b4-0315-4df6-8857-6e382debdd03', 5344, 'O''Malley Logistics', 'Water damage'),
    ('2f2ec770-630c-4461-83ab-83415a9e2298', 3920.5, 'Évora Cortiça', 'Fire'),
    ('5ad39350-b977-4392-9b5f-2e58851578ae', 5497, 'Señor Verde', 'Outage'),
    ('4cfbbd6a-5d14-4bc6-a22e-9fa671f908c7', 318, 'Nordlicht Solar', 'Data loss'),
    ('866a725a-e638-415e-9848-d7bbefc58b90', 6474, 'Łódzkie Zakłady', 'Theft'),
    ('0b46a40f-f84a-4516-8170-280f26cd10ef', 6577, 'Golden Gate Optics', 'Damaged goods'),
    ('e63754e2-b3b7-43ce-b467-8e21b270a7f0', 281.25, 'Kestrel Aviation', 'Billing'),
    ('d95a8169-7c5e-4e9a-8311-e898cf266c8a', 507, 'Gläserne Manufaktur', 'Outage'),
    ('9f3f205e-a4d0-4325-afd4-3e1145a6096d', 5200, 'D''Angelo Trasporti', 'Water damage'),
    ('f629ca40-e5e6-4c49-9491-04a773a2e06a', 280, 'Albatros Shipping', 'Data loss'),
    ('d2c04e05-6e1c-4ef1-8b6c-caa75b49f76f', 1281.5, 'Bramble & Thorn', 'Outage'),
    ('0a54030d-c804-400a-8e81-bc1a33dfbdbf', 2425, 'Albatros Shipping', 'Data loss'),
    ('f62863b0-735e-4f3b-8c1a-223aeeb2d3e3', 5339, 'Évora Cortiça', 'Late delivery'),
    ('df2dd346-6561-4a0d-ad6e-2e02468faf2f', 3768, 'Cedar & Stone', 'Late delivery'),
    ('17f0d7b1-8b3c-4f13-bde8-e49c92f6f687', 2616, 'O''Malley Logistics', 'Late delivery'),
    ('a1270b3c-c32c-4fb8-8423-d1ad43714dc3', 349, 'Copperfield Mills', 'Water damage'),
    ('0e786c42-f7aa-4c34-8210-5aa065e1ce63', 637, 'Gläserne Manufaktur', 'Damaged goods'),
    ('6a4010b1-eeff-4221-a4c0-a286d38e1fa9', 394, 'Nordlicht Solar', 'Theft'),
    ('7e9bc135-5a6e-4a41-afd2-995c86bb1f0f', 5450.25, 'D''Angelo Trasporti', 'Fire')
) WHERE EXISTS (SELECT 1 FROM EmptyTables);
DROP TABLE EmptyTables;

-- Rules --------------------------------------------------------------------------------------------
-- The first column of a row that breaks its rule, or NULL. length() stops at a NUL character, hence the bytes.
CREATE VIEW RuleViolations (TableName, RowNumber, ColumnName) AS
SELECT TableName, RowNumber, CASE
    WHEN typeof(Id) <> 'text' OR Id NOT LIKE '________-____-____-____-____________'
        OR Id GLOB '*[^-0-9A-Fa-f]*' OR length(CAST(replace(Id, '-', '') AS BLOB)) <> 32 THEN 'Id'
    ELSE ColumnName
END
FROM (
    SELECT 'Customers' AS TableName, rowid AS RowNumber, Id, CASE
        WHEN typeof(Name) <> 'text' OR length(Name) > 1000 OR length(CAST(Name AS BLOB)) > 4000 THEN 'Name'
        WHEN typeof(City) <> 'text' OR length(City) > 1000 OR length(CAST(City AS BLOB)) > 4000 THEN 'City'
        WHEN typeof(Country) <> 'text' OR length(Country) > 1000 OR length(CAST(Country AS BLOB)) > 4000 THEN 'Country'
        WHEN typeof(Scoring) <> 'integer' THEN 'Scoring'
    END AS ColumnName
    FROM Customers
    UNION ALL
    SELECT 'Incidents', rowid, Id, CASE
        WHEN typeof(Amount) NOT IN ('integer', 'real') OR Amount <= -1e11 OR Amount >= 1e11
            OR CAST(round(Amount * 10000) AS INTEGER) / 10000.0 <> Amount THEN 'Amount'
        WHEN typeof(CustomerName) <> 'text' OR length(CustomerName) > 1000
            OR length(CAST(CustomerName AS BLOB)) > 4000 THEN 'CustomerName'
        WHEN typeof(Category) <> 'text' OR length(Category) > 1000 OR length(CAST(Category AS BLOB)) > 4000 THEN 'Category'
    END
    FROM Incidents
);
-- SQLite has no procedures. Instead, an INSERT into a view runs its INSTEAD OF trigger.
CREATE VIEW RowCheck (TableName, RowNumber) AS SELECT '', 0 WHERE 0;
CREATE TRIGGER row_check INSTEAD OF INSERT ON RowCheck
BEGIN
    SELECT CASE TableName || '.' || ColumnName
        WHEN 'Customers.Id' THEN RAISE(ABORT, 'Customers.Id has to be a UUID: 8-4-4-4-12 hexadecimal digits')
        WHEN 'Customers.Name' THEN RAISE(ABORT, 'Customers.Name has to be text of at most 1000 characters')
        WHEN 'Customers.City' THEN RAISE(ABORT, 'Customers.City has to be text of at most 1000 characters')
        WHEN 'Customers.Country' THEN RAISE(ABORT, 'Customers.Country has to be text of at most 1000 characters')
        WHEN 'Customers.Scoring' THEN RAISE(ABORT, 'Customers.Scoring has to be an integer of at most 64 bits')
        WHEN 'Incidents.Id' THEN RAISE(ABORT, 'Incidents.Id has to be a UUID: 8-4-4-4-12 hexadecimal digits')
        WHEN 'Incidents.Amount' THEN RAISE(ABORT, 'Incidents.Amount has to be below 10^11 with at most four decimals')
        WHEN 'Incidents.CustomerName' THEN RAISE(ABORT, 'Incidents.CustomerName has to be text of at most 1000 characters')
        WHEN 'Incidents.Category' THEN RAISE(ABORT, 'Incidents.Category has to be text of at most 1000 characters')
    END
    FROM RuleViolations WHERE TableName = NEW.TableName AND RowNumber = NEW.RowNumber;
END;

INSERT INTO Problems
SELECT printf('%s.%s breaks its rule in the row with rowid %d: see "Rules"', TableName, ColumnName, RowNumber)
FROM RuleViolations WHERE ColumnName IS NOT NULL LIMIT 1;
SELECT json_extract('{}', Problem) FROM Problems;

-- Summaries ----------------------------------------------------------------------------------------
CREATE TABLE CustomerCount (Count INTEGER NOT NULL);
INSERT INTO CustomerCount SELECT count(*) FROM Customers;

-- Volumes are in ten-thousandths, since sums of integers are exact. A customer without incidents has no row.
CREATE TABLE IncidentTotals (
    CustomerName TEXT    NOT NULL PRIMARY KEY,
    Count        INTEGER NOT NULL,
    Volume       INTEGER NOT NULL CONSTRAINT "Incidents.Amount: the sum for a customer has to stay below 9*10^14"
        CHECK (Volume > -9000000000000000000 AND Volume < 9000000000000000000)
) WITHOUT ROWID;
INSERT INTO IncidentTotals
SELECT CustomerName, count(*), sum(CAST(round(Amount * 10000) AS INTEGER))
FROM Incidents NOT INDEXED GROUP BY CustomerName; -- sorting takes a third of the time of the index
CREATE INDEX IncidentTotalsByCount ON IncidentTotals (Count DESC, CustomerName);
CREATE INDEX IncidentTotalsByVolume ON IncidentTotals (Volume DESC, CustomerName);

-- Adds an incident to its customer's totals (Sign 1) or subtracts it (Sign -1). A trigger of the user may change a row
-- before it is added, so the count may be 0 for a moment while the volume is not.
CREATE VIEW IncidentCounting (CustomerName, Amount, Sign) AS SELECT '', 0, 0 WHERE 0;
CREATE TRIGGER incident_counting INSTEAD OF INSERT ON IncidentCounting
BEGIN
    INSERT INTO IncidentTotals (CustomerName, Count, Volume)
    VALUES (NEW.CustomerName, NEW.Sign, NEW.Sign * CAST(round(NEW.Amount * 10000) AS INTEGER))
    ON CONFLICT (CustomerName) DO UPDATE SET Count = Count + excluded.Count, Volume = Volume + excluded.Volume;
    DELETE FROM IncidentTotals WHERE CustomerName = NEW.CustomerName AND Count = 0 AND Volume = 0;
END;

-- REPLACE removes rows without firing a delete trigger, unless PRAGMA recursive_triggers is on. So a BEFORE trigger
-- notes the rows that have the Id or the rowid of the new row. The AFTER trigger subtracts those that are gone. An
-- UPDATE that changes the Id or the rowid (a move) may do the same.
CREATE TABLE ReplacedCustomers (Id TEXT NOT NULL PRIMARY KEY);
CREATE TABLE ReplacedIncidents (Id TEXT NOT NULL PRIMARY KEY, CustomerName TEXT NOT NULL, Amount NUMERIC NOT NULL);

CREATE TRIGGER customers_before_insert BEFORE INSERT ON Customers
BEGIN
    -- Notes of a statement that replaced no row. With IN, SQLite would copy the ids of the table at every row.
    DELETE FROM ReplacedCustomers WHERE EXISTS (SELECT 1 FROM Customers WHERE Customers.Id = ReplacedCustomers.Id);
    INSERT INTO ReplacedCustomers SELECT Id FROM Customers WHERE Id = NEW.Id OR rowid = NEW.rowid;
END;
CREATE TRIGGER customers_after_insert AFTER INSERT ON Customers
BEGIN
    INSERT INTO RowCheck VALUES ('Customers', NEW.rowid);
    UPDATE CustomerCount SET Count = Count + 1 - (SELECT count(*) FROM ReplacedCustomers AS replaced
        WHERE Id = NEW.Id OR NOT EXISTS (SELECT 1 FROM Customers WHERE Id = replaced.Id));
    DELETE FROM ReplacedCustomers;
END;
CREATE TRIGGER customers_before_update BEFORE UPDATE ON Customers WHEN NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM ReplacedCustomers WHERE EXISTS (SELECT 1 FROM Customers WHERE Customers.Id = ReplacedCustomers.Id);
    INSERT INTO ReplacedCustomers SELECT Id FROM Customers
    WHERE (Id = NEW.Id OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
END;
CREATE TRIGGER customers_after_update AFTER UPDATE ON Customers
BEGIN
    INSERT INTO RowCheck VALUES ('Customers', NEW.rowid);
END;
CREATE TRIGGER customers_after_move AFTER UPDATE ON Customers WHEN NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid
BEGIN
    UPDATE CustomerCount SET Count = Count - (SELECT count(*) FROM ReplacedCustomers AS replaced
        WHERE Id = NEW.Id OR NOT EXISTS (SELECT 1 FROM Customers WHERE Id = replaced.Id));
    DELETE FROM ReplacedCustomers;
END;
CREATE TRIGGER customers_after_delete AFTER DELETE ON Customers
BEGIN
    DELETE FROM ReplacedCustomers WHERE Id = OLD.Id;
    UPDATE CustomerCount SET Count = Count - 1;
END;

CREATE TRIGGER incidents_before_insert BEFORE INSERT ON Incidents
WHEN EXISTS (SELECT 1 FROM Incidents WHERE Id = NEW.Id) OR EXISTS (SELECT 1 FROM Incidents WHERE rowid = NEW.rowid)
BEGIN
    DELETE FROM ReplacedIncidents WHERE EXISTS (SELECT 1 FROM Incidents WHERE Incidents.Id = ReplacedIncidents.Id);
    INSERT INTO ReplacedIncidents SELECT Id, CustomerName, Amount FROM Incidents
    WHERE Id = NEW.Id OR rowid = NEW.rowid;
END;
CREATE TRIGGER incidents_after_insert AFTER INSERT ON Incidents
BEGIN
    INSERT INTO RowCheck VALUES ('Incidents', NEW.rowid);
    INSERT INTO IncidentCounting VALUES (NEW.CustomerName, NEW.Amount, 1);
END;
CREATE TRIGGER incidents_after_replace AFTER INSERT ON Incidents WHEN EXISTS (SELECT 1 FROM ReplacedIncidents)
BEGIN
    INSERT INTO IncidentCounting SELECT CustomerName, Amount, -1 FROM ReplacedIncidents AS replaced
    WHERE Id = NEW.Id OR NOT EXISTS (SELECT 1 FROM Incidents WHERE Id = replaced.Id);
    DELETE FROM ReplacedIncidents;
END;
CREATE TRIGGER incidents_before_update BEFORE UPDATE ON Incidents WHEN NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM ReplacedIncidents WHERE EXISTS (SELECT 1 FROM Incidents WHERE Incidents.Id = ReplacedIncidents.Id);
    INSERT INTO ReplacedIncidents SELECT Id, CustomerName, Amount FROM Incidents
    WHERE (Id = NEW.Id OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
END;
CREATE TRIGGER incidents_after_update AFTER UPDATE ON Incidents
BEGIN
    INSERT INTO RowCheck VALUES ('Incidents', NEW.rowid);
    INSERT INTO IncidentCounting VALUES (OLD.CustomerName, OLD.Amount, -1);
    INSERT INTO IncidentCounting VALUES (NEW.CustomerName, NEW.Amount, 1);
END;
CREATE TRIGGER incidents_after_move AFTER UPDATE ON Incidents WHEN NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid
BEGIN
    INSERT INTO IncidentCounting SELECT CustomerName, Amount, -1 FROM ReplacedIncidents AS replaced
    WHERE Id = NEW.Id OR NOT EXISTS (SELECT 1 FROM Incidents WHERE Id = replaced.Id);
    DELETE FROM ReplacedIncidents;
END;
CREATE TRIGGER incidents_after_delete AFTER DELETE ON Incidents
BEGIN
    DELETE FROM ReplacedIncidents WHERE Id = OLD.Id;
    INSERT INTO IncidentCounting VALUES (OLD.CustomerName, OLD.Amount, -1);
END;

-- SQLite's shell continues after an error. Then Problems has a row, this statement fails, and nothing is committed.
INSERT OR ROLLBACK INTO Problems SELECT NULL FROM Problems;
DROP TABLE Problems;
COMMIT;
