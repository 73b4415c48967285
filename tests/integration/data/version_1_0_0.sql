-- migrations.sql of version 1.0.0, without its sample rows.

BEGIN IMMEDIATE;

-- 1. Data ------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS Customers (
    Id      TEXT    NOT NULL PRIMARY KEY, -- UUID, in any case
    Name    TEXT    NOT NULL,
    City    TEXT    NOT NULL,
    Country TEXT    NOT NULL,
    Scoring INTEGER NOT NULL
);

-- CustomerName is matched by its bytes and may name nobody in Customers.
CREATE TABLE IF NOT EXISTS Incidents (
    Id           TEXT    NOT NULL PRIMARY KEY, -- UUID, in any case
    Amount       NUMERIC NOT NULL,
    CustomerName TEXT    NOT NULL,
    Category     TEXT    NOT NULL
);

-- 2. Indexes ---------------------------------------------------------------------------------------

CREATE INDEX IF NOT EXISTS CustomersById ON Customers (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS CustomersByName ON Customers (Name, Id);
CREATE INDEX IF NOT EXISTS CustomersByScoring ON Customers (Scoring DESC, Name, Id);
CREATE INDEX IF NOT EXISTS IncidentsById ON Incidents (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS IncidentsByCustomer ON Incidents (CustomerName);

-- 3. Summaries -------------------------------------------------------------------------------------
--
-- The triggers run inside the statement that changes a table, so a summary is never behind. They are
-- dropped together with their table: a service that does not find them counts the table itself, and
-- the next run of this file begins the summaries anew.
--
-- REPLACE removes a row without firing a delete trigger. A BEFORE trigger therefore notes which row
-- stands in the way, and the AFTER trigger, which only fires if the new row really went in, takes
-- the noted row out of the summary.

CREATE TABLE IF NOT EXISTS CustomerSummary (
    OnlyRow           INTEGER NOT NULL PRIMARY KEY CHECK (OnlyRow = 1),
    NumberOfCustomers INTEGER NOT NULL,
    Replaced          INTEGER NOT NULL DEFAULT 0 -- rows that the statement at work is replacing
);

-- Sums of binary fractions lose digits as rows come and go, so a volume is kept in two integers,
-- whole units and units of 2^-62, whose sums are exact in any order.
CREATE TABLE IF NOT EXISTS IncidentSummaries (
    CustomerName      TEXT    NOT NULL PRIMARY KEY,
    NumberOfIncidents INTEGER NOT NULL,
    VolumeWhole       INTEGER NOT NULL,
    VolumeFraction    INTEGER NOT NULL, -- 0 to 2^62 - 1
    IncidentVolume    NUMERIC GENERATED ALWAYS AS (
        CASE VolumeFraction WHEN 0 THEN VolumeWhole ELSE VolumeWhole + VolumeFraction / 4611686018427387904.0 END
    ) VIRTUAL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS IncidentSummariesByNumber
    ON IncidentSummaries (NumberOfIncidents DESC, CustomerName);
CREATE INDEX IF NOT EXISTS IncidentSummariesByVolume
    ON IncidentSummaries (IncidentVolume DESC, CustomerName);

-- Adds an amount to its customer's summary (Sign 1) or takes it out (Sign -1). This is the one place
-- that does sums; inserting into the view, which never holds a row, calls it. An amount beyond 64 bits
-- has no fraction, and makes the sum a REAL like any other.
CREATE VIEW IF NOT EXISTS IncidentChanges (CustomerName, Amount, Sign) AS SELECT '', 0, 0 WHERE 0;

CREATE TRIGGER IF NOT EXISTS IncidentChanged INSTEAD OF INSERT ON IncidentChanges
BEGIN
    INSERT INTO IncidentSummaries (CustomerName, NumberOfIncidents, VolumeWhole, VolumeFraction)
    SELECT NEW.CustomerName, NEW.Sign, Whole + (Fraction >> 62), Fraction & 4611686018427387903
    FROM (
        SELECT NEW.Sign * Whole AS Whole,
            NEW.Sign * coalesce(CAST((NEW.Amount - Whole) * 4611686018427387904.0 AS INTEGER), 0) AS Fraction
        FROM (
            SELECT CASE WHEN NEW.Amount BETWEEN -9223372036854775807 AND 9223372036854775807
                THEN CAST(NEW.Amount AS INTEGER) ELSE NEW.Amount END AS Whole
        )
    )
    WHERE true -- so that the parser does not take ON CONFLICT for a join
    ON CONFLICT (CustomerName) DO UPDATE
    SET NumberOfIncidents = NumberOfIncidents + excluded.NumberOfIncidents,
        VolumeWhole = VolumeWhole + excluded.VolumeWhole + ((VolumeFraction + excluded.VolumeFraction) >> 62),
        VolumeFraction = (VolumeFraction + excluded.VolumeFraction) & 4611686018427387903;
END;

CREATE TRIGGER IF NOT EXISTS IncidentSummaryEmptied AFTER UPDATE ON IncidentSummaries
WHEN NEW.NumberOfIncidents = 0
BEGIN
    DELETE FROM IncidentSummaries WHERE CustomerName = NEW.CustomerName;
END;

-- Rows that the statement at work is about to replace.
CREATE TABLE IF NOT EXISTS ReplacedIncidents (
    RowNumber    INTEGER NOT NULL PRIMARY KEY,
    CustomerName TEXT    NOT NULL,
    Amount       NUMERIC NOT NULL
);

-- Rows from before there were triggers: an older database, or a table that was dropped and made again.
DELETE FROM CustomerSummary
WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'CustomerInserted');
INSERT INTO CustomerSummary (OnlyRow, NumberOfCustomers)
SELECT 1, (SELECT count(*) FROM Customers) WHERE NOT EXISTS (SELECT 1 FROM CustomerSummary);

DELETE FROM ReplacedIncidents
WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'IncidentInserted');
DELETE FROM IncidentSummaries
WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'IncidentInserted');
INSERT INTO IncidentChanges (CustomerName, Amount, Sign)
SELECT CustomerName, Amount, 1 FROM Incidents
WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'IncidentInserted');

CREATE TRIGGER IF NOT EXISTS CustomerInserting BEFORE INSERT ON Customers
BEGIN
    UPDATE CustomerSummary
    SET Replaced = (SELECT count(*) FROM Customers WHERE Id = NEW.Id OR rowid = NEW.rowid);
END;

CREATE TRIGGER IF NOT EXISTS CustomerInserted AFTER INSERT ON Customers
BEGIN
    UPDATE CustomerSummary SET NumberOfCustomers = NumberOfCustomers + 1 - Replaced, Replaced = 0;
END;

CREATE TRIGGER IF NOT EXISTS CustomerUpdating BEFORE UPDATE ON Customers
WHEN NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid
BEGIN
    UPDATE CustomerSummary
    SET Replaced = (
        SELECT count(*) FROM Customers WHERE (Id = NEW.Id OR rowid = NEW.rowid) AND rowid <> OLD.rowid
    );
END;

CREATE TRIGGER IF NOT EXISTS CustomerUpdated AFTER UPDATE ON Customers
WHEN NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid
BEGIN
    UPDATE CustomerSummary SET NumberOfCustomers = NumberOfCustomers - Replaced, Replaced = 0;
END;

-- With PRAGMA recursive_triggers, REPLACE does fire this trigger, which then forgets the note.
CREATE TRIGGER IF NOT EXISTS CustomerDeleted AFTER DELETE ON Customers
BEGIN
    UPDATE CustomerSummary SET NumberOfCustomers = NumberOfCustomers - 1, Replaced = max(Replaced - 1, 0);
END;

CREATE TRIGGER IF NOT EXISTS IncidentInserting BEFORE INSERT ON Incidents
WHEN EXISTS (SELECT 1 FROM Incidents WHERE Id = NEW.Id)
    OR EXISTS (SELECT 1 FROM Incidents WHERE rowid = NEW.rowid)
    OR EXISTS (SELECT 1 FROM ReplacedIncidents)
BEGIN
    DELETE FROM ReplacedIncidents;
    INSERT INTO ReplacedIncidents (RowNumber, CustomerName, Amount)
    SELECT rowid, CustomerName, Amount FROM Incidents WHERE Id = NEW.Id OR rowid = NEW.rowid;
END;

CREATE TRIGGER IF NOT EXISTS IncidentInserted AFTER INSERT ON Incidents
BEGIN
    INSERT INTO IncidentChanges (CustomerName, Amount, Sign) VALUES (NEW.CustomerName, NEW.Amount, 1);
END;

CREATE TRIGGER IF NOT EXISTS IncidentReplacedByInsert AFTER INSERT ON Incidents
WHEN EXISTS (SELECT 1 FROM ReplacedIncidents)
BEGIN
    INSERT INTO IncidentChanges (CustomerName, Amount, Sign)
    SELECT CustomerName, Amount, -1 FROM ReplacedIncidents;
    DELETE FROM ReplacedIncidents;
END;

CREATE TRIGGER IF NOT EXISTS IncidentUpdating BEFORE UPDATE ON Incidents
WHEN NEW.Id <> OLD.Id OR NEW.rowid <> OLD.rowid OR EXISTS (SELECT 1 FROM ReplacedIncidents)
BEGIN
    DELETE FROM ReplacedIncidents;
    INSERT INTO ReplacedIncidents (RowNumber, CustomerName, Amount)
    SELECT rowid, CustomerName, Amount FROM Incidents
    WHERE (Id = NEW.Id OR rowid = NEW.rowid) AND rowid <> OLD.rowid;
END;

CREATE TRIGGER IF NOT EXISTS IncidentUpdated AFTER UPDATE ON Incidents
BEGIN
    INSERT INTO IncidentChanges (CustomerName, Amount, Sign) VALUES (NEW.CustomerName, NEW.Amount, 1);
    INSERT INTO IncidentChanges (CustomerName, Amount, Sign) VALUES (OLD.CustomerName, OLD.Amount, -1);
END;

CREATE TRIGGER IF NOT EXISTS IncidentReplacedByUpdate AFTER UPDATE ON Incidents
WHEN EXISTS (SELECT 1 FROM ReplacedIncidents)
BEGIN
    INSERT INTO IncidentChanges (CustomerName, Amount, Sign)
    SELECT CustomerName, Amount, -1 FROM ReplacedIncidents;
    DELETE FROM ReplacedIncidents;
END;

CREATE TRIGGER IF NOT EXISTS IncidentDeleted AFTER DELETE ON Incidents
BEGIN
    DELETE FROM ReplacedIncidents WHERE RowNumber = OLD.rowid;
    INSERT INTO IncidentChanges (CustomerName, Amount, Sign) VALUES (OLD.CustomerName, OLD.Amount, -1);
END;

COMMIT;
