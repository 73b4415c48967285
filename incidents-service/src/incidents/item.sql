-- ?1: the id. If two ids differ in case only, the exact one wins.
SELECT CAST(json_object(
    'id', Id, 'amount', json(printf('%.15g', Amount)), 'customerName', CustomerName, 'category', Category
) AS BLOB)
FROM Incidents
WHERE Id = ?1 COLLATE NOCASE ORDER BY Id = ?1 DESC, Id LIMIT 1
