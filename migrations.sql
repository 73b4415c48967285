-- The database of customers-service and incidents-service.
--
-- Safe to run at every start: it creates what is missing, counts and sums what is not counted yet, and
-- puts sample rows in only where both tables are empty. It never changes a row that somebody else has
-- put there. One transaction holds it all. Where it cannot do its work, a statement fails with a message
-- that says what to mend, and nothing is committed: the transaction ends with the connection, and
-- whoever goes on after the failure meets a ROLLBACK before the COMMIT.
--
--   1. Data        the two tables that people load their own rows into
--   2. Indexes     one for each order that a route promises
--   3. Summaries   counts and sums, so that no query of the dashboard reads a whole table
--   4. Rules       what a row has to be, and how each change of a row reaches the summaries
--   5. Numbers     amounts and volumes as JSON
--   6. Rows        those of an older database, and 40 customers and 102 incidents for a first look

BEGIN IMMEDIATE;

-- 1. Data ------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS Customers (
    Id      TEXT    NOT NULL PRIMARY KEY, -- UUID, in any case
    Name    TEXT    NOT NULL,
    City    TEXT    NOT NULL,
    Country TEXT    NOT NULL,
    Scoring INTEGER NOT NULL
);

-- CustomerName is matched by its bytes and may name nobody in Customers. Amount is below 10^15 in size.
CREATE TABLE IF NOT EXISTS Incidents (
    Id           TEXT    NOT NULL PRIMARY KEY, -- UUID, in any case
    Amount       NUMERIC NOT NULL,
    CustomerName TEXT    NOT NULL,
    Category     TEXT    NOT NULL
);

-- What this run has found wrong. SQLite has no statement that fails with a text of its own making, but a
-- function that repeats a path that it cannot read.
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

-- 2. Indexes ---------------------------------------------------------------------------------------

CREATE INDEX IF NOT EXISTS CustomersById ON Customers (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS CustomersByName ON Customers (Name, Id);
CREATE INDEX IF NOT EXISTS CustomersByScoring ON Customers (Scoring DESC, Name, Id);
CREATE INDEX IF NOT EXISTS IncidentsById ON Incidents (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS IncidentsByCustomer ON Incidents (CustomerName);

-- 3. Summaries -------------------------------------------------------------------------------------
--
-- Triggers change them inside the statement that changes a table, so they are never behind.

-- Those of version 1.0.0.
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

-- Sums of binary fractions lose digits as rows come and go. So a volume is kept in integers, whose sums
-- are exact in any order: whole units, units of 2^-60 and, for amounts that have bits below these (they
-- are smaller than 2^-8), what IncidentDust holds. IncidentVolume brings whole and fraction to the same
-- sign before it adds them, so that it is rounded once: -0.1 is no whole -1 and 0.9.
CREATE TABLE IF NOT EXISTS IncidentTotals (
    CustomerName      TEXT    NOT NULL PRIMARY KEY,
    NumberOfIncidents INTEGER NOT NULL,
    VolumeHuge        INTEGER NOT NULL DEFAULT 0, -- in units of 2^62
    VolumeWhole       INTEGER NOT NULL,           -- in units of 1
    VolumeFraction    INTEGER NOT NULL,           -- in units of 2^-60
    VolumeDust        REAL    NOT NULL DEFAULT 0, -- the sum of the customer's IncidentDust
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

-- What the services ask. There is no row where a trigger that keeps the count is missing, as after
-- somebody has made the table anew, or where a unique index besides the key could replace rows unseen.
CREATE VIEW IF NOT EXISTS CurrentCustomerCount (NumberOfCustomers) AS
SELECT NumberOfCustomers FROM CustomerCount
WHERE (
    SELECT total(CASE type
        WHEN 'trigger' THEN CASE name -- for IN, SQLite would make a table of the names each time
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

-- The same for the incidents: one row if IncidentTotals is up to date, else none.
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

-- What is left for section 6, found out before the triggers are there.
CREATE TABLE ToDo AS
SELECT 'count customers' AS Task WHERE NOT EXISTS (SELECT 1 FROM CurrentCustomerCount)
UNION ALL
SELECT 'sum incidents' WHERE NOT EXISTS (SELECT 1 FROM IncidentTotalsAreCurrent)
UNION ALL
SELECT 'insert samples'
WHERE NOT EXISTS (SELECT 1 FROM Customers) AND NOT EXISTS (SELECT 1 FROM Incidents);

-- Before any of them is too large for the next amount, units are carried over, each then less than half
-- of the next larger one. A customer without incidents has no row.
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
    WHERE CustomerName = NEW.CustomerName -- what had to be carried over is not nothing
        AND VolumeHuge = 0 AND VolumeWhole = 0 AND VolumeFraction = 0 AND VolumeDust = 0;
END;

-- Limb n counts units of 2^(-60 - 60n); the smallest number that there is, 2^-1074, is in the last one.
CREATE TABLE IF NOT EXISTS IncidentDust (
    CustomerName TEXT    NOT NULL,
    Limb         INTEGER NOT NULL,
    Units        INTEGER NOT NULL,
    PRIMARY KEY (CustomerName, Limb)
) WITHOUT ROWID;

-- Up is 2^(60n - 60), Down is 2^(-60n).
CREATE VIEW IF NOT EXISTS Limbs (Limb, Up, Down) AS
WITH RECURSIVE Limbs (Limb, Up, Down) AS (
    SELECT -1, 1 / 1152921504606846976.0 / 1152921504606846976.0, 1152921504606846976.0
    UNION ALL
    SELECT Limb + 1, Up * 1152921504606846976.0, Down / 1152921504606846976.0 FROM Limbs WHERE Limb < 17
)
SELECT Limb, Up, Down FROM Limbs;

-- Adds an amount to its customer's totals (Sign 1) or takes it out (Sign -1). This is the one place that
-- does sums; inserting into the view, which never holds a row, calls it.
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

-- The same for bits below 2^-60. The limbs are carried over from the smallest up, and what comes out at
-- the top is in limb 0: units of 2^-60.
CREATE TRIGGER IF NOT EXISTS IncidentDustCounted INSTEAD OF INSERT ON IncidentCounting
WHEN NEW.Amount BETWEEN -0.00390625 AND 0.00390625 AND NEW.Amount <> 0
BEGIN
    INSERT INTO IncidentDust (CustomerName, Limb, Units)
    SELECT NEW.CustomerName, Limb,
        NEW.Sign * CAST((Above - CAST(Above AS INTEGER)) * 1152921504606846976.0 AS INTEGER)
    FROM (SELECT Limb, NEW.Amount * 1152921504606846976.0 * Up AS Above FROM Limbs WHERE Limb > 0)
    WHERE Above BETWEEN -9007199254740992 AND 9007199254740992 -- beyond 2^53 a number is whole
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

-- 4. Rules -----------------------------------------------------------------------------------------
--
-- REPLACE removes a row without firing a delete trigger. A BEFORE trigger therefore notes which rows
-- stand in the way of a new one. It cannot know whether they will have to go, nor the rowid of a row that
-- comes without one (it sees -1). The AFTER trigger does, and takes only those out of the summary that
-- are gone or have lost their rowid to the new row. With PRAGMA recursive_triggers the delete trigger
-- does fire, and takes the note away. A note whose row has stayed is dropped before the next one is made.

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

-- 5. Numbers ---------------------------------------------------------------------------------------
--
-- Numbers as JSON: whole ones without a fraction, others in the shortest way that reads back as the same
-- number. SQLite writes 15 digits correctly, in any version, and those of a number with up to four
-- decimals, which is the nearest one to a whole number of ten-thousandths, are no more. Any other number
-- is a string of three integers w, f and n, for the service to write: (w + f * 2^-60) * 2^(-60n).
--
-- The statements on Incidents do the same with an Amount. They have no view to share, since a view goes
-- with a table that is renamed, and would then show another one than Incidents.

CREATE VIEW IF NOT EXISTS IncidentTotalsInJson (CustomerName, IncidentVolume, VolumeInJson) AS
SELECT CustomerName, IncidentVolume,
    CASE
        WHEN IncidentVolume = CAST(IncidentVolume AS INTEGER) THEN CAST(IncidentVolume AS INTEGER)
        WHEN abs(IncidentVolume) BETWEEN 0.0001 AND 100000000000
                AND CAST(IncidentVolume * 10000 + iif(IncidentVolume < 0, -0.5, 0.5) AS INTEGER) / 10000.0 = IncidentVolume
            THEN IncidentVolume
        WHEN abs(IncidentVolume) >= 0.00390625 AND abs(IncidentVolume) < 4503599627370496 -- 2^-8 to 2^52
            THEN printf('"%d %d 0"', IncidentVolume, (IncidentVolume - CAST(IncidentVolume AS INTEGER)) * 1152921504606846976.0)
        ELSE (
            SELECT printf('"%d %d %d"', Above, (Above - CAST(Above AS INTEGER)) * 1152921504606846976.0, Limb)
            FROM (SELECT Limb, IncidentVolume * 1152921504606846976.0 * Up AS Above FROM Limbs)
            WHERE abs(Above) >= 0.00390625 AND abs(Above) < 4503599627370496
                OR abs(Above) < 0.00390625 AND Limb = 17
        )
    END
FROM IncidentTotals;

-- 6. Rows ------------------------------------------------------------------------------------------

-- A row from before there were rules may not be one that the services can show.
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

INSERT INTO Customers (Id, Name, City, Country, Scoring)
SELECT * FROM (
    VALUES
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
)
WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'insert samples');

INSERT INTO Incidents (Id, Amount, CustomerName, Category)
SELECT * FROM (
    VALUES
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
)
WHERE EXISTS (SELECT 1 FROM ToDo WHERE Task = 'insert samples');

DROP TABLE ToDo;

-- IF NOT EXISTS looks at names alone, and what has the name may be something else, somewhere else.
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
