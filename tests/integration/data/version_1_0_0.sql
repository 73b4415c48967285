-- migrations.sql of version 1.0.0, without its comments and sample rows.
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
CREATE INDEX IF NOT EXISTS CustomersById ON Customers (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS CustomersByName ON Customers (Name, Id);
CREATE INDEX IF NOT EXISTS CustomersByScoring ON Customers (Scoring DESC, Name, Id);
CREATE INDEX IF NOT EXISTS IncidentsById ON Incidents (Id COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS IncidentsByCustomer ON Incidents (CustomerName);
CREATE TABLE IF NOT EXISTS CustomerSummary (
    OnlyRow           INTEGER NOT NULL PRIMARY KEY CHECK (OnlyRow = 1),
    NumberOfCustomers INTEGER NOT NULL,
    Replaced          INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS IncidentSummaries (
    CustomerName      TEXT    NOT NULL PRIMARY KEY,
    NumberOfIncidents INTEGER NOT NULL,
    VolumeWhole       INTEGER NOT NULL,
    VolumeFraction    INTEGER NOT NULL,
    IncidentVolume    NUMERIC GENERATED ALWAYS AS (
        CASE VolumeFraction WHEN 0 THEN VolumeWhole ELSE VolumeWhole + VolumeFraction / 4611686018427387904.0 END
    ) VIRTUAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS IncidentSummariesByNumber
    ON IncidentSummaries (NumberOfIncidents DESC, CustomerName);
CREATE INDEX IF NOT EXISTS IncidentSummariesByVolume
    ON IncidentSummaries (IncidentVolume DESC, CustomerName);
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
    WHERE true
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
CREATE TABLE IF NOT EXISTS ReplacedIncidents (
    RowNumber    INTEGER NOT NULL PRIMARY KEY,
    CustomerName TEXT    NOT NULL,
    Amount       NUMERIC NOT NULL
);
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
