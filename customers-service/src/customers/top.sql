-- One page of customers by scoring, highest first, then by name, then id.
-- ?1, ?2, ?3: scoring, name (as a BLOB) and id of the last entry of the page before; ?4: rows of the page.
-- The rest of that scoring and all lower scorings are two ranges of one index.
SELECT CAST(
    group_concat(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring), ',') AS BLOB
), count(*)
FROM (
    SELECT * FROM (
        SELECT Id, Name, Country, Scoring FROM Customers
        WHERE Scoring = ?1 AND (Name, Id) > (CAST(?2 AS TEXT), ?3) ORDER BY Name, Id LIMIT +?4
    )
    UNION ALL
    SELECT * FROM (
        SELECT Id, Name, Country, Scoring FROM Customers
        WHERE Scoring < ?1 ORDER BY Scoring DESC, Name, Id LIMIT +?4
    )
    LIMIT +?4
)
