-- Who was erased, by the site's public id: replayed when a backup from before it is restored, so that nobody who was
-- removed rises again. Nothing but ids; kept for good, as a backup may be of any age.
CREATE TABLE erasures (
    issuer    TEXT NOT NULL,    -- sites' numbers may be used again after a restore, their public ids are not
    user      INTEGER NOT NULL, -- 0: the whole site
    version   INTEGER NOT NULL, -- the rights version of the removal; 0 for a site
    erased_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, user, version)
) STRICT, WITHOUT ROWID;

-- Those of before there was this log.
INSERT INTO erasures (issuer, user, version, erased_at)
SELECT s.issuer, u.user, u.rights_version, 0 FROM users u JOIN sites s USING (site) WHERE u.removed;
