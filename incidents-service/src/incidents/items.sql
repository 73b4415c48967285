-- One page of incidents in the order of insertion.
-- ?1: rowid of the last entry of the page before; ?2: rows of a page.
-- SQLite plans a bare LIMIT ?2 anew at every run, hence the plus sign. In newer versions of SQLite, json_object()
-- prints more digits than a fraction has; printf('%.15g') prints the decimal in all versions, but takes longer.
SELECT CAST(group_concat(
    json_object(
        'id', Id,
        'amount', iif(typeof(Amount) = 'integer', Amount, json(printf('%.15g', Amount))),
        'customerName', CustomerName
    ), ','
) AS BLOB), count(*), max(RowNumber)
FROM (
    SELECT rowid AS RowNumber, Id, Amount, CustomerName FROM Incidents WHERE rowid > ?1 ORDER BY rowid LIMIT +?2
)
