-- ?1: the id. If two ids differ in case only, the exact one wins.
SELECT CAST(
    json_object('id', Id, 'name', Name, 'city', City, 'country', Country, 'scoring', Scoring) AS BLOB
)
FROM Customers
WHERE Id = ?1 COLLATE NOCASE ORDER BY Id = ?1 DESC, Id LIMIT 1
