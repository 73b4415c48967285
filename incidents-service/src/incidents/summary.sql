-- ?1: entries of a ranking. No row if Incidents has lost its triggers, because then the totals may be stale.
-- A volume is stored in ten-thousandths.
SELECT CAST(json_object(
    'mostIncidents', json((
        SELECT json_group_array(json_object('customerName', CustomerName, 'numberOfIncidents', Count))
        FROM (
            SELECT CustomerName, Count FROM IncidentTotals INDEXED BY IncidentTotalsByCount
            ORDER BY Count DESC, CustomerName LIMIT +?1
        )
    )),
    'highestVolume', json((
        SELECT json_group_array(json_object('customerName', CustomerName, 'incidentVolume', json(
            iif(Volume < 0, '-', '') || rtrim(rtrim(printf('%d.%04d', Size / 10000, Size % 10000), '0'), '.')
        )))
        FROM (
            SELECT CustomerName, Volume, abs(Volume) AS Size FROM IncidentTotals INDEXED BY IncidentTotalsByVolume
            ORDER BY Volume DESC, CustomerName LIMIT +?1
        )
    ))
) AS BLOB)
WHERE EXISTS (
    SELECT 1 FROM sqlite_master
    WHERE name = 'incidents_after_insert' AND tbl_name = 'Incidents' COLLATE NOCASE
)
