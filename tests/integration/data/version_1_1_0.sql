-- migrations.sql of version 1.1.0, without its comments and sample rows.
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS Customers (
    Id      TEXT    NOT NULL PRIMARY KEY,
    Name    TEXT    NOT NULL,
    City    TEXT    NOT NULL,
    Country TEXT    NOT NULL,
    Scoring INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS Incidents (
    Id           TEXT    NOT NULL PRIMARY KEY,
    Amount       NUMERIC NOT NULL,
    CustomerName TEXT    NOT NULL,
    Category     TEXT    NOT NULL
);
CREATE TABLE Mistakes (Message TEXT NOT NULL);
INSERT INTO Mistakes
SELECT name || ' has to be an ordinary table with rowids: rename or drop what has its name'
FROM pragma_table_list
WHERE schema = 'main' AND name COLLATE NOCASE IN ('Customers', 'Incidents') AND (type <> 'table' OR wr)
UNION ALL
SELECT TableName || '.' || ColumnName || ' is missing: add the column'
FROM (
    SELECT 'Customers' AS TableName, value AS ColumnName
    FROM json_each('["Id", "Name", "City", "Country", "Scoring"]')
    UNION ALL
    SELECT 'Incidents', value FROM json_each('["Id", "Amount", "CustomerName", "Category"]')
)
WHERE NOT EXISTS (SELECT 1 FROM pragma_table_info(TableName) WHERE name = ColumnName COLLATE NOCASE)
UNION ALL
SELECT value || '.Id has to be the primary key: copy the rows into a table where it is'
FROM json_each('["Customers", "Incidents"]')
WHERE (SELECT group_concat(name) FROM pragma_table_info(value) WHERE pk) IS NOT 'Id' COLLATE NOCASE
UNION ALL
SELECT value || ' has the unique index ' || name || ', which could replace rows unseen: drop it'
FROM json_each('["Customers", "Incidents"]'), pragma_index_list(value)
WHERE "unique" AND origin <> 'pk'
UNION ALL
SELECT 'the table ' || tbl_name || ' has the index ' || name || ': give it its name back, or drop the index'
FROM sqlite_master
WHERE type = 'index' AND (
    name IN ('CustomersById', 'CustomersByName', 'CustomersByScoring')
        AND tbl_name <> 'Customers' COLLATE NOCASE
    OR name IN ('IncidentsById', 'IncidentsByCustomer') AND tbl_name <> 'Incidents' COLLATE NOCASE
);
SELECT json_extract('{}', Message) FROM Mistakes;
CREATE INDEX IF NOT EXISTS CustomersById ON Customers (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS CustomersByName ON Customers (Name, Id);
CREATE INDEX IF NOT EXISTS CustomersByScoring ON Customers (Scoring DESC, Name, Id);
CREATE INDEX IF NOT EXISTS IncidentsById ON Incidents (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS IncidentsByCustomer ON Incidents (CustomerName);
DROP TRIGGER IF EXISTS CustomerInserting;
DROP TRIGGER IF EXISTS CustomerInserted;
DROP TRIGGER IF EXISTS CustomerUpdating;
DROP TRIGGER IF EXISTS CustomerUpdated;
DROP TRIGGER IF EXISTS CustomerDeleted;
DROP TRIGGER IF EXISTS IncidentInserting;
DROP TRIGGER IF EXISTS IncidentInserted;
DROP TRIGGER IF EXISTS IncidentReplacedByInsert;
DROP TRIGGER IF EXISTS IncidentUpdating;
DROP TRIGGER IF EXISTS IncidentUpdated;
DROP TRIGGER IF EXISTS IncidentReplacedByUpdate;
DROP TRIGGER IF EXISTS IncidentDeleted;
DROP VIEW IF EXISTS IncidentChanges;
DROP TABLE IF EXISTS CustomerSummary;
DROP TABLE IF EXISTS IncidentSummaries;
DROP TABLE IF EXISTS ReplacedIncidents;
CREATE TABLE IF NOT EXISTS CustomerCount (
    OnlyRow           INTEGER NOT NULL PRIMARY KEY CHECK (OnlyRow = 1),
    NumberOfCustomers INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS IncidentTotals (
    CustomerName      TEXT    NOT NULL PRIMARY KEY,
    NumberOfIncidents INTEGER NOT NULL,
    VolumeHuge        INTEGER NOT NULL DEFAULT 0,
    VolumeWhole       INTEGER NOT NULL,
    VolumeFraction    INTEGER NOT NULL,
    VolumeDust        REAL    NOT NULL DEFAULT 0,
    IncidentVolume    NUMERIC GENERATED ALWAYS AS (
        CASE
            WHEN VolumeHuge = 0 AND VolumeFraction & 1152921504606846975 = 0 AND VolumeDust = 0
                THEN VolumeWhole + (VolumeFraction >> 60)
            ELSE VolumeHuge * 4611686018427387904.0 + (
                VolumeWhole + ((VolumeFraction + 576460752303423488) >> 60) + (
                    (((VolumeFraction + 576460752303423488) & 1152921504606846975) - 576460752303423488)
                    / 1152921504606846976.0 + VolumeDust
                )
            )
        END
    ) VIRTUAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS IncidentTotalsByNumber ON IncidentTotals (NumberOfIncidents DESC, CustomerName);
CREATE INDEX IF NOT EXISTS IncidentTotalsByVolume ON IncidentTotals (IncidentVolume DESC, CustomerName);
CREATE VIEW IF NOT EXISTS CurrentCustomerCount (NumberOfCustomers) AS
SELECT NumberOfCustomers FROM CustomerCount
WHERE (
    SELECT total(CASE type
        WHEN 'trigger' THEN CASE name
            WHEN 'CustomerOffered' THEN 1
            WHEN 'CustomerRevised' THEN 1
            WHEN 'CustomerArriving' THEN 1
            WHEN 'CustomerMoving' THEN 1
            WHEN 'CustomerAdded' THEN 1
            WHEN 'CustomerDisplacedByInsert' THEN 1
            WHEN 'CustomerDisplacedByUpdate' THEN 1
            WHEN 'CustomerRemoved' THEN 1
        END
        WHEN 'index' THEN -(sql LIKE 'CREATE UNIQUE %')
    END) = 8
    FROM sqlite_master WHERE tbl_name COLLATE NOCASE = 'Customers'
);
CREATE VIEW IF NOT EXISTS IncidentTotalsAreCurrent (Yes) AS
SELECT 1
WHERE (
    SELECT total(CASE type
        WHEN 'trigger' THEN CASE name
            WHEN 'IncidentOffered' THEN 1
            WHEN 'IncidentRevised' THEN 1
            WHEN 'IncidentArriving' THEN 1
            WHEN 'IncidentMoving' THEN 1
            WHEN 'IncidentAdded' THEN 1
            WHEN 'IncidentAmended' THEN 1
            WHEN 'IncidentDisplacedByInsert' THEN 1
            WHEN 'IncidentDisplacedByUpdate' THEN 1
            WHEN 'IncidentRemoved' THEN 1
            WHEN 'IncidentTotalsUpdated' THEN 1
        END
        WHEN 'index' THEN -(sql LIKE 'CREATE UNIQUE %')
    END) = 10
    FROM sqlite_master WHERE tbl_name COLLATE NOCASE IN ('Incidents', 'IncidentTotals')
);
CREATE TABLE ToDo AS
SELECT 'count customers' AS Task WHERE NOT EXISTS (SELECT 1 FROM CurrentCustomerCount)
UNION ALL
SELECT 'sum incidents' WHERE NOT EXISTS (SELECT 1 FROM IncidentTotalsAreCurrent)
UNION ALL
SELECT 'insert samples'
WHERE NOT EXISTS (SELECT 1 FROM Customers) AND NOT EXISTS (SELECT 1 FROM Incidents);
CREATE TRIGGER IF NOT EXISTS IncidentTotalsUpdated AFTER UPDATE ON IncidentTotals
WHEN NEW.NumberOfIncidents = 0
    OR NEW.VolumeWhole NOT BETWEEN -2305843009213693952 AND 2305843009213693952
    OR NEW.VolumeFraction NOT BETWEEN -4611686018427387904 AND 4611686018427387904
BEGIN
    UPDATE IncidentTotals
    SET VolumeWhole = VolumeWhole + ((VolumeFraction + 576460752303423488) >> 60),
        VolumeFraction = ((VolumeFraction + 576460752303423488) & 1152921504606846975) - 576460752303423488
    WHERE CustomerName = NEW.CustomerName
        AND VolumeFraction NOT BETWEEN -576460752303423488 AND 576460752303423487;
    UPDATE IncidentTotals
    SET VolumeHuge = VolumeHuge + ((VolumeWhole + 2305843009213693952) >> 62),
        VolumeWhole = ((VolumeWhole + 2305843009213693952) & 4611686018427387903) - 2305843009213693952
    WHERE CustomerName = NEW.CustomerName
        AND VolumeWhole NOT BETWEEN -2305843009213693952 AND 2305843009213693951;
    DELETE FROM IncidentTotals
    WHERE CustomerName = NEW.CustomerName
        AND VolumeHuge = 0 AND VolumeWhole = 0 AND VolumeFraction = 0 AND VolumeDust = 0;
END;
CREATE TABLE IF NOT EXISTS IncidentDust (
    CustomerName TEXT    NOT NULL,
    Limb         INTEGER NOT NULL,
    Units        INTEGER NOT NULL,
    PRIMARY KEY (CustomerName, Limb)
) WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS Limbs (Limb, Up, Down) AS
WITH RECURSIVE Limbs (Limb, Up, Down) AS (
    SELECT -1, 1 / 1152921504606846976.0 / 1152921504606846976.0, 1152921504606846976.0
    UNION ALL
    SELECT Limb + 1, Up * 1152921504606846976.0, Down / 1152921504606846976.0 FROM Limbs WHERE Limb < 17
)
SELECT Limb, Up, Down FROM Limbs;
CREATE VIEW IF NOT EXISTS IncidentCounting (CustomerName, Amount, Sign) AS SELECT '', 0, 0 WHERE 0;
CREATE TRIGGER IF NOT EXISTS IncidentCounted INSTEAD OF INSERT ON IncidentCounting
BEGIN
    INSERT INTO IncidentTotals (CustomerName, NumberOfIncidents, VolumeWhole, VolumeFraction)
    VALUES (
        NEW.CustomerName,
        NEW.Sign,
        NEW.Sign * CAST(NEW.Amount AS INTEGER),
        NEW.Sign * CAST((NEW.Amount - CAST(NEW.Amount AS INTEGER)) * 1152921504606846976.0 AS INTEGER)
    )
    ON CONFLICT (CustomerName) DO UPDATE
    SET NumberOfIncidents = NumberOfIncidents + excluded.NumberOfIncidents,
        VolumeWhole = VolumeWhole + excluded.VolumeWhole,
        VolumeFraction = VolumeFraction + excluded.VolumeFraction;
END;
CREATE TRIGGER IF NOT EXISTS IncidentDustCounted INSTEAD OF INSERT ON IncidentCounting
WHEN NEW.Amount BETWEEN -0.00390625 AND 0.00390625 AND NEW.Amount <> 0
BEGIN
    INSERT INTO IncidentDust (CustomerName, Limb, Units)
    SELECT NEW.CustomerName, Limb,
        NEW.Sign * CAST((Above - CAST(Above AS INTEGER)) * 1152921504606846976.0 AS INTEGER)
    FROM (SELECT Limb, NEW.Amount * 1152921504606846976.0 * Up AS Above FROM Limbs WHERE Limb > 0)
    WHERE Above BETWEEN -9007199254740992 AND 9007199254740992
    ON CONFLICT (CustomerName, Limb) DO UPDATE SET Units = Units + excluded.Units;
    INSERT INTO IncidentDustCarrying (CustomerName, Limb)
    SELECT NEW.CustomerName, Limb FROM Limbs WHERE Limb > 0 ORDER BY Limb DESC;
    INSERT INTO IncidentTotals (CustomerName, NumberOfIncidents, VolumeWhole, VolumeFraction, VolumeDust)
    SELECT NEW.CustomerName, 0, 0, Units, (
        SELECT total(Units / 1152921504606846976.0 * Down)
        FROM IncidentDust JOIN Limbs USING (Limb)
        WHERE CustomerName = NEW.CustomerName AND Limb > 0
    )
    FROM IncidentDust WHERE CustomerName = NEW.CustomerName AND Limb = 0
    ON CONFLICT (CustomerName) DO UPDATE
    SET VolumeFraction = VolumeFraction + excluded.VolumeFraction, VolumeDust = excluded.VolumeDust;
    DELETE FROM IncidentDust WHERE CustomerName = NEW.CustomerName AND (Limb = 0 OR Units = 0);
END;
CREATE VIEW IF NOT EXISTS IncidentDustCarrying (CustomerName, Limb) AS SELECT '', 0 WHERE 0;
CREATE TRIGGER IF NOT EXISTS IncidentDustCarried INSTEAD OF INSERT ON IncidentDustCarrying
BEGIN
    INSERT INTO IncidentDust (CustomerName, Limb, Units)
    VALUES (NEW.CustomerName, NEW.Limb - 1, coalesce((
        SELECT (Units + 576460752303423488) >> 60 FROM IncidentDust
        WHERE CustomerName = NEW.CustomerName AND Limb = NEW.Limb
    ), 0))
    ON CONFLICT (CustomerName, Limb) DO UPDATE SET Units = Units + excluded.Units;
    UPDATE IncidentDust
    SET Units = ((Units + 576460752303423488) & 1152921504606846975) - 576460752303423488
    WHERE CustomerName = NEW.CustomerName AND Limb = NEW.Limb;
END;
CREATE TABLE IF NOT EXISTS DisplacedCustomers (RowNumber INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE IF NOT EXISTS DisplacedIncidents (
    RowNumber    INTEGER NOT NULL PRIMARY KEY,
    CustomerName TEXT    NOT NULL,
    Amount       NUMERIC NOT NULL
);
CREATE TRIGGER IF NOT EXISTS CustomerOffered BEFORE INSERT ON Customers
BEGIN
    SELECT CASE
        WHEN typeof(NEW.Id) <> 'text' THEN RAISE(ABORT, 'Customers.Id has to be text')
        WHEN typeof(NEW.Name) <> 'text' THEN RAISE(ABORT, 'Customers.Name has to be text')
        WHEN typeof(NEW.City) <> 'text' THEN RAISE(ABORT, 'Customers.City has to be text')
        WHEN typeof(NEW.Country) <> 'text' THEN RAISE(ABORT, 'Customers.Country has to be text')
        WHEN typeof(NEW.Scoring) <> 'integer'
            THEN RAISE(ABORT, 'Customers.Scoring has to be an integer of at most 64 bits')
    END;
END;
CREATE TRIGGER IF NOT EXISTS CustomerRevised BEFORE UPDATE ON Customers
BEGIN
    SELECT CASE
        WHEN typeof(NEW.Id) <> 'text' THEN RAISE(ABORT, 'Customers.Id has to be text')
        WHEN typeof(NEW.Name) <> 'text' THEN RAISE(ABORT, 'Customers.Name has to be text')
        WHEN typeof(NEW.City) <> 'text' THEN RAISE(ABORT, 'Customers.City has to be text')
        WHEN typeof(NEW.Country) <> 'text' THEN RAISE(ABORT, 'Customers.Country has to be text')
        WHEN typeof(NEW.Scoring) <> 'integer'
            THEN RAISE(ABORT, 'Customers.Scoring has to be an integer of at most 64 bits')
    END;
END;
CREATE TRIGGER IF NOT EXISTS CustomerArriving BEFORE INSERT ON Customers
WHEN EXISTS (SELECT 1 FROM Customers WHERE Id = NEW.Id)
    OR EXISTS (SELECT 1 FROM Customers WHERE rowid = NEW.rowid)
BEGIN
    DELETE FROM DisplacedCustomers WHERE EXISTS (SELECT 1 FROM Customers WHERE rowid = RowNumber);
    INSERT INTO DisplacedCustomers (RowNumber)
    SELECT rowid FROM Customers WHERE Id = NEW.Id OR rowid = NEW.rowid;
END;
CREATE TRIGGER IF NOT EXISTS CustomerAdded AFTER INSERT ON Customers
BEGIN
    UPDATE CustomerCount SET NumberOfCustomers = NumberOfCustomers + 1;
END;
CREATE TRIGGER IF NOT EXISTS CustomerDisplacedByInsert AFTER INSERT ON Customers
WHEN EXISTS (SELECT 1 FROM DisplacedCustomers)
BEGIN
    DELETE FROM DisplacedCustomers
    WHERE RowNumber <> NEW.rowid AND EXISTS (SELECT 1 FROM Customers WHERE rowid = RowNumber);
    UPDATE CustomerCount
    SET NumberOfCustomers = NumberOfCustomers - (SELECT count(*) FROM DisplacedCustomers);
    DELETE FROM DisplacedCustomers;
END;
CREATE TRIGGER IF NOT EXISTS CustomerMoving BEFORE UPDATE ON Customers
WHEN NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM DisplacedCustomers WHERE EXISTS (SELECT 1 FROM Customers WHERE rowid = RowNumber);
    INSERT INTO DisplacedCustomers (RowNumber)
    SELECT rowid FROM Customers
    WHERE (Id = NEW.Id OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
END;
CREATE TRIGGER IF NOT EXISTS CustomerDisplacedByUpdate AFTER UPDATE ON Customers
WHEN (NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid) AND EXISTS (SELECT 1 FROM DisplacedCustomers)
BEGIN
    DELETE FROM DisplacedCustomers
    WHERE RowNumber <> NEW.rowid AND EXISTS (SELECT 1 FROM Customers WHERE rowid = RowNumber);
    UPDATE CustomerCount
    SET NumberOfCustomers = NumberOfCustomers - (SELECT count(*) FROM DisplacedCustomers);
    DELETE FROM DisplacedCustomers;
END;
CREATE TRIGGER IF NOT EXISTS CustomerRemoved AFTER DELETE ON Customers
BEGIN
    DELETE FROM DisplacedCustomers WHERE RowNumber = OLD.rowid;
    UPDATE CustomerCount SET NumberOfCustomers = NumberOfCustomers - 1;
END;
CREATE TRIGGER IF NOT EXISTS IncidentOffered BEFORE INSERT ON Incidents
BEGIN
    SELECT CASE
        WHEN typeof(NEW.Id) <> 'text' THEN RAISE(ABORT, 'Incidents.Id has to be text')
        WHEN NOT (typeof(NEW.Amount) IN ('integer', 'real') AND NEW.Amount > -1e15 AND NEW.Amount < 1e15)
            THEN RAISE(ABORT, 'Incidents.Amount has to be a number below 10^15 in size')
        WHEN typeof(NEW.CustomerName) <> 'text' THEN RAISE(ABORT, 'Incidents.CustomerName has to be text')
        WHEN typeof(NEW.Category) <> 'text' THEN RAISE(ABORT, 'Incidents.Category has to be text')
    END;
END;
CREATE TRIGGER IF NOT EXISTS IncidentRevised BEFORE UPDATE ON Incidents
BEGIN
    SELECT CASE
        WHEN typeof(NEW.Id) <> 'text' THEN RAISE(ABORT, 'Incidents.Id has to be text')
        WHEN NOT (typeof(NEW.Amount) IN ('integer', 'real') AND NEW.Amount > -1e15 AND NEW.Amount < 1e15)
            THEN RAISE(ABORT, 'Incidents.Amount has to be a number below 10^15 in size')
        WHEN typeof(NEW.CustomerName) <> 'text' THEN RAISE(ABORT, 'Incidents.CustomerName has to be text')
        WHEN typeof(NEW.Category) <> 'text' THEN RAISE(ABORT, 'Incidents.Category has to be text')
    END;
END;
CREATE TRIGGER IF NOT EXISTS IncidentArriving BEFORE INSERT ON Incidents
WHEN EXISTS (SELECT 1 FROM Incidents WHERE Id = NEW.Id)
    OR EXISTS (SELECT 1 FROM Incidents WHERE rowid = NEW.rowid)
BEGIN
    DELETE FROM DisplacedIncidents WHERE EXISTS (SELECT 1 FROM Incidents WHERE rowid = RowNumber);
    INSERT INTO DisplacedIncidents (RowNumber, CustomerName, Amount)
    SELECT rowid, CustomerName, Amount FROM Incidents WHERE Id = NEW.Id OR rowid = NEW.rowid;
END;
CREATE TRIGGER IF NOT EXISTS IncidentAdded AFTER INSERT ON Incidents
BEGIN
    INSERT INTO IncidentCounting (CustomerName, Amount, Sign) VALUES (NEW.CustomerName, NEW.Amount, 1);
END;
CREATE TRIGGER IF NOT EXISTS IncidentDisplacedByInsert AFTER INSERT ON Incidents
WHEN EXISTS (SELECT 1 FROM DisplacedIncidents)
BEGIN
    DELETE FROM DisplacedIncidents
    WHERE RowNumber <> NEW.rowid AND EXISTS (SELECT 1 FROM Incidents WHERE rowid = RowNumber);
    INSERT INTO IncidentCounting (CustomerName, Amount, Sign)
    SELECT CustomerName, Amount, -1 FROM DisplacedIncidents;
    DELETE FROM DisplacedIncidents;
END;
CREATE TRIGGER IF NOT EXISTS IncidentAmended AFTER UPDATE ON Incidents
WHEN NEW.CustomerName <> OLD.CustomerName COLLATE BINARY OR NEW.Amount <> OLD.Amount
BEGIN
    INSERT INTO IncidentCounting (CustomerName, Amount, Sign) VALUES (NEW.CustomerName, NEW.Amount, 1);
    INSERT INTO IncidentCounting (CustomerName, Amount, Sign) VALUES (OLD.CustomerName, OLD.Amount, -1);
END;
CREATE TRIGGER IF NOT EXISTS IncidentMoving BEFORE UPDATE ON Incidents
WHEN NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid
BEGIN
    DELETE FROM DisplacedIncidents WHERE EXISTS (SELECT 1 FROM Incidents WHERE rowid = RowNumber);
    INSERT INTO DisplacedIncidents (RowNumber, CustomerName, Amount)
    SELECT rowid, CustomerName, Amount FROM Incidents
    WHERE (Id = NEW.Id OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
END;
CREATE TRIGGER IF NOT EXISTS IncidentDisplacedByUpdate AFTER UPDATE ON Incidents
WHEN (NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid) AND EXISTS (SELECT 1 FROM DisplacedIncidents)
BEGIN
    DELETE FROM DisplacedIncidents
    WHERE RowNumber <> NEW.rowid AND EXISTS (SELECT 1 FROM Incidents WHERE rowid = RowNumber);
    INSERT INTO IncidentCounting (CustomerName, Amount, Sign)
    SELECT CustomerName, Amount, -1 FROM DisplacedIncidents;
    DELETE FROM DisplacedIncidents;
END;
CREATE TRIGGER IF NOT EXISTS IncidentRemoved AFTER DELETE ON Incidents
BEGIN
    DELETE FROM DisplacedIncidents WHERE RowNumber = OLD.rowid;
    INSERT INTO IncidentCounting (CustomerName, Amount, Sign) VALUES (OLD.CustomerName, OLD.Amount, -1);
END;
CREATE VIEW IF NOT EXISTS IncidentTotalsInJson (CustomerName, IncidentVolume, VolumeInJson) AS
SELECT CustomerName, IncidentVolume,
    CASE
        WHEN IncidentVolume = CAST(IncidentVolume AS INTEGER) THEN CAST(IncidentVolume AS INTEGER)
        WHEN abs(IncidentVolume) BETWEEN 0.0001 AND 100000000000
                AND CAST(IncidentVolume * 10000 + iif(IncidentVolume < 0, -0.5, 0.5) AS INTEGER) / 10000.0 = IncidentVolume
            THEN IncidentVolume
        WHEN abs(IncidentVolume) >= 0.00390625 AND abs(IncidentVolume) < 4503599627370496
            THEN printf('"%d %d 0"', IncidentVolume, (IncidentVolume - CAST(IncidentVolume AS INTEGER)) * 1152921504606846976.0)
        ELSE (
            SELECT printf('"%d %d %d"', Above, (Above - CAST(Above AS INTEGER)) * 1152921504606846976.0, Limb)
            FROM (SELECT Limb, IncidentVolume * 1152921504606846976.0 * Up AS Above FROM Limbs)
            WHERE abs(Above) >= 0.00390625 AND abs(Above) < 4503599627370496
                OR abs(Above) < 0.00390625 AND Limb = 17
        )
    END
FROM IncidentTotals;
INSERT INTO Mistakes
SELECT printf('Customers.%s, and is not in the row with rowid %d: mend it', Rule, RowNumber)
FROM (
    SELECT rowid AS RowNumber, CASE
        WHEN typeof(Id) <> 'text' THEN 'Id has to be text'
        WHEN typeof(Name) <> 'text' THEN 'Name has to be text'
        WHEN typeof(City) <> 'text' THEN 'City has to be text'
        WHEN typeof(Country) <> 'text' THEN 'Country has to be text'
        WHEN typeof(Scoring) <> 'integer' THEN 'Scoring has to be an integer of at most 64 bits'
    END AS Rule
    FROM Customers WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'count customers')
)
WHERE Rule IS NOT NULL LIMIT 1;
INSERT INTO Mistakes
SELECT printf('Incidents.%s, and is not in the row with rowid %d: mend it', Rule, RowNumber)
FROM (
    SELECT rowid AS RowNumber, CASE
        WHEN typeof(Id) <> 'text' THEN 'Id has to be text'
        WHEN NOT (typeof(Amount) IN ('integer', 'real') AND Amount > -1e15 AND Amount < 1e15)
            THEN 'Amount has to be a number below 10^15 in size'
        WHEN typeof(CustomerName) <> 'text' THEN 'CustomerName has to be text'
        WHEN typeof(Category) <> 'text' THEN 'Category has to be text'
    END AS Rule
    FROM Incidents WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'sum incidents')
)
WHERE Rule IS NOT NULL LIMIT 1;
SELECT json_extract('{}', Message) FROM Mistakes;
DELETE FROM CustomerCount WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'count customers');
DELETE FROM DisplacedCustomers WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'count customers');
INSERT INTO CustomerCount (OnlyRow, NumberOfCustomers)
SELECT 1, (SELECT count(*) FROM Customers) FROM ToDo WHERE Task = 'count customers';
DELETE FROM IncidentTotals WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'sum incidents');
DELETE FROM IncidentDust WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'sum incidents');
DELETE FROM DisplacedIncidents WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'sum incidents');
INSERT INTO IncidentCounting (CustomerName, Amount, Sign)
SELECT CustomerName, Amount, 1 FROM Incidents
WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'sum incidents');
DROP TABLE ToDo;
INSERT INTO Mistakes
SELECT 'the index ' || value || ' is missing: rename or drop what has its name'
FROM json_each('["CustomersById", "CustomersByName", "CustomersByScoring", "IncidentsById",
    "IncidentsByCustomer", "IncidentTotalsByNumber", "IncidentTotalsByVolume"]')
WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = value)
UNION ALL
SELECT 'the triggers of Customers are at another table: give it its name back, or drop them'
WHERE NOT EXISTS (SELECT 1 FROM CurrentCustomerCount)
UNION ALL
SELECT 'the triggers of Incidents are at another table: give it its name back, or drop them'
WHERE NOT EXISTS (SELECT 1 FROM IncidentTotalsAreCurrent);
SELECT json_extract('{}', Message) FROM Mistakes;
INSERT OR ROLLBACK INTO Mistakes SELECT NULL FROM Mistakes;
DROP TABLE Mistakes;
COMMIT;
