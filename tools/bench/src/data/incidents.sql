-- ?1 incidents of ?2 customers: a few customers have many incidents, most have few. One incident in 200 has no customer.
-- Each multiplication stands for a random number below 2^32.
WITH RECURSIVE
Numbers (Number) AS (
    SELECT 1 UNION ALL SELECT Number + 1 FROM Numbers WHERE Number < ?1
),
Random AS (
    SELECT
        Number,
        Number * 2654435761 & 0xffffffff AS Id,
        Number * 2246822519 & 0xffffffff AS Amount,
        (Number * 3266489917 & 0xffffffff) / 4294967296.0 AS Share
    FROM Numbers
),
Numbered AS (
    SELECT *, 1 + CAST(Share * Share * Share * ?2 AS INTEGER) + iif(Number % 200 = 0, ?2, 0) AS Customer
    FROM Random
)
INSERT INTO Incidents (Id, Amount, CustomerName, Category)
SELECT
    printf('%08x-0000-4000-b000-%012x', Id, Number),
    iif(Number % 10 < 6, Amount % 10000, Amount % 1000000 / 100.0),
    coalesce((SELECT Name FROM Customers WHERE rowid = Customer), 'Unknown ' || Customer),
    CASE Number % 3
        WHEN 0 THEN 'Fire'
        WHEN 1 THEN 'Water damage'
        ELSE 'Late delivery'
    END
FROM Numbered;
