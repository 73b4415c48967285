-- One page of customers by name, then id.
-- ?1, ?2: name (as a BLOB) and id of the last entry of the page before; ?3: rows of a page.
-- SQLite plans a bare LIMIT ?3 anew at every run, hence the plus sign.
SELECT CAST(
    group_concat(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring), ',') AS BLOB
), count(*)
FROM (
    SELECT Id, Name, Country, Scoring FROM Customers
    WHERE (Name, Id) > (CAST(?1 AS TEXT), ?2) ORDER BY Name, Id LIMIT +?3
)
