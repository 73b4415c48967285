-- ?1 customers. The multiplication scatters the ids like those of random UUIDs.
WITH RECURSIVE Numbers (Number) AS (
    SELECT 1 UNION ALL SELECT Number + 1 FROM Numbers WHERE Number < ?1
)
INSERT INTO Customers (Id, Name, City, Country, Scoring)
SELECT
    printf('%08x-0000-4000-a000-%012x', Number * 2654435761 & 0xffffffff, Number),
    CASE Number % 4
        WHEN 0 THEN 'Café'
        WHEN 1 THEN 'Łódź'
        WHEN 2 THEN 'The "Inn"'
        ELSE '日本'
    END || ' ' || Number,
    CASE Number % 2 WHEN 0 THEN 'Zürich' ELSE 'São Paulo' END,
    CASE Number % 2 WHEN 0 THEN 'Switzerland' ELSE 'Brazil' END,
    1 + Number % 10
FROM Numbers;
