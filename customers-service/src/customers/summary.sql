-- ?1: entries of the ranking. No row if Customers has lost its triggers, because then the count may be stale.
SELECT CAST(json_object('count', Count, 'top', json((
    SELECT json_group_array(json_object('name', Name, 'scoring', Scoring))
    FROM (
        SELECT Name, Scoring FROM Customers
        ORDER BY Scoring DESC, Name, Id LIMIT +?1
    )
))) AS BLOB)
FROM CustomerCount
WHERE EXISTS (
    SELECT 1 FROM sqlite_master
    WHERE name = 'customers_after_insert' AND tbl_name = 'Customers' COLLATE NOCASE
)
