-- No row if Customers has lost its triggers, because then the count may be stale.
SELECT CAST(json_object('count', Count) AS BLOB) FROM CustomerCount
WHERE EXISTS (
    SELECT 1 FROM sqlite_master
    WHERE name = 'customers_after_insert' AND tbl_name = 'Customers' COLLATE NOCASE
)
