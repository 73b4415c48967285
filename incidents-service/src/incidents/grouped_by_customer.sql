-- One page of incidents by customer, then in the order of insertion.
-- ?1, ?2: customer (as a BLOB) and rowid of the last entry of the page before; ?3: rows of a page.
-- The list of a customer may continue on the next page, so it is left open at the end of a page. The rest of that
-- customer and all later customers are two ranges of one index. Amounts are printed as in items.sql.
SELECT CAST(group_concat(iif(Continues, '', json_quote(CustomerName) || ':[') || Entries, '],') AS BLOB),
    sum(Continues), sum(NumberOfRows),
    CAST(max(CustomerName) AS BLOB), LastRow -- SQLite takes LastRow from the row of the maximum
FROM (
    SELECT CustomerName, CustomerName = CAST(?1 AS TEXT) AND ?2 > -1e19 AS Continues,
        group_concat(
            json_object(
                'id', Id,
                'amount', iif(typeof(Amount) = 'integer', Amount, json(printf('%.15g', Amount))),
                'customerName', CustomerName
            ), ','
        ) AS Entries,
        count(*) AS NumberOfRows, max(RowNumber) AS LastRow
    FROM (
        SELECT * FROM (
            SELECT rowid AS RowNumber, Id, Amount, CustomerName FROM Incidents
            WHERE CustomerName = CAST(?1 AS TEXT) AND rowid > ?2 ORDER BY rowid LIMIT +?3
        )
        UNION ALL
        SELECT * FROM (
            SELECT rowid AS RowNumber, Id, Amount, CustomerName FROM Incidents
            WHERE CustomerName > CAST(?1 AS TEXT) ORDER BY CustomerName, rowid LIMIT +?3
        )
        LIMIT +?3
    )
    GROUP BY CustomerName ORDER BY CustomerName
)
