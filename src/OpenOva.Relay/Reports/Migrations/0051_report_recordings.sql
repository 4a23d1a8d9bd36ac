-- Recordings that are in a report's bundle, or were put into one that an attempt could not finish, and whose sessions they are: each was ledgered as viewed.
CREATE TABLE report_recordings (
    organisation TEXT NOT NULL,
    report_id    TEXT NOT NULL,
    session      TEXT NOT NULL,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    PRIMARY KEY (organisation, report_id, session)
);
