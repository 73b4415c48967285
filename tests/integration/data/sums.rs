//! Volumes are the exact sums of what is stored.

use super::{assert_matches_the_tables, empty, float};
use rusqlite::{Connection, params};

fn volume(database: &Connection) -> f64 {
    database.query_row("SELECT IncidentVolume FROM IncidentTotals", [], |row| row.get(0).map(float)).unwrap()
}

fn insert(database: &Connection, amounts: &[f64]) {
    let mut insert =
        database.prepare_cached("INSERT INTO Incidents SELECT hex(randomblob(16)), ?1, 'x', 'y'").unwrap();
    for amount in amounts {
        insert.execute(params![amount]).unwrap();
    }
}

#[test]
fn one_incident_is_its_amount_and_none_is_nothing() {
    for amount in [
        -0.1,
        0.1,
        1.0 / 3.0,
        -1e-7,
        1e-300,
        -5e-324,
        0.001,
        0.01 / 3.0,
        999_999_999_999_999.9,
        -123_456_789_012_345.6,
    ] {
        let database = empty();
        insert(&database, &[amount]);
        assert_eq!(volume(&database), amount);
        insert(&database, &[-amount]);
        assert_eq!(volume(&database), 0.0, "{amount:e}");
        database.execute("DELETE FROM Incidents", ()).unwrap();
        let left = "SELECT (SELECT count(*) FROM IncidentTotals) + (SELECT count(*) FROM IncidentDust)";
        assert_eq!(super::number(&database, left), 0, "{amount:e}");
    }
}

#[test]
fn what_was_large_leaves_nothing_behind() {
    let database = empty();
    insert(&database, &[1e14, 1e-20, -1e14]);
    assert_eq!(volume(&database), 1e-20);
    insert(&database, &[0.1; 1000]);
    insert(&database, &[999_999_999_999_999.9, 0.25]);
    database.execute("DELETE FROM Incidents WHERE Amount <> 0.1", ()).unwrap();
    assert_eq!(volume(&database), 100.0);
}

/// Some 9,300 amounts of this size are more than 64 bits hold.
#[test]
fn no_number_of_amounts_is_too_much() {
    for (amount, negative) in [
        (999_999_999_999_999.9, false),
        (999_999_999_999_999.0, false),
        (-999_999_999_999_999.9, true),
        (1.0 - f64::EPSILON, false),
    ] {
        let database = empty();
        database
            .execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
                 INSERT INTO Incidents SELECT i, ?1, 'x', 'y' FROM n",
                [amount],
            )
            .unwrap();
        assert_matches_the_tables(&database);
        assert_eq!(volume(&database) < 0.0, negative);
        database.execute("DELETE FROM Incidents WHERE rowid > 3", ()).unwrap();
        assert_matches_the_tables(&database);
    }
}

/// 2,306 times the largest whole amount is more than 2^61, where whole units are first carried over.
#[test]
fn whole_sums_have_all_their_digits() {
    let database = empty();
    for count in [10, 100, 1000, 2000] {
        database
            .execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                 INSERT OR IGNORE INTO Incidents SELECT i, 999999999999999, 'x', 'y' FROM n",
                [count],
            )
            .unwrap();
        let volume: i64 =
            database.query_row("SELECT IncidentVolume FROM IncidentTotals", [], |row| row.get(0)).unwrap();
        assert_eq!(volume, count * 999_999_999_999_999);
    }
}

/// One limb is as full as it may be, and the next smaller one spills over into it.
#[test]
fn what_spills_over_spills_on() {
    let power = |exponent| 2_f64.powi(exponent);
    let database = empty();
    for sign in [1.0, -1.0] {
        let amounts = [power(-61) - power(-113), power(-113) - power(-120), power(-121), power(-122)];
        for amount in amounts {
            insert(&database, &[sign * amount]);
            assert_matches_the_tables(&database);
        }
    }
    assert_eq!(volume(&database), 0.0);
}
