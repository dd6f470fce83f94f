-- The doors into an organization. They run as the owner of the tables (SECURITY DEFINER), because nothing can be looked
-- up before a context exists; each checks the caller's right itself. Applied after every migrate, by tables.py.

-- For how long deleted organizations and projects can be brought back.
CREATE OR REPLACE FUNCTION flowboard_grace() RETURNS interval LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT interval '30 days' $$;

CREATE OR REPLACE FUNCTION flowboard_admit(p_org bigint, p_user bigint, p_role text,
                                           OUT hidden bigint[], OUT project_roles jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT coalesce(array_agg(p.id), '{}') INTO hidden
      FROM projects_project p
     WHERE p.org_id = p_org
       AND (p.deleted_at IS NOT NULL
            OR ((p.visibility = 'private' OR p_role = 'guest' OR p_role IS NULL)
                AND NOT EXISTS (SELECT 1 FROM projects_projectmember m
                                 WHERE m.project_id = p.id AND m.user_id = p_user)));
    SELECT coalesce(jsonb_object_agg(m.project_id, m.role), '{}') INTO project_roles
      FROM projects_projectmember m
     WHERE m.org_id = p_org AND m.user_id = p_user;
    PERFORM set_config('app.user', coalesce(p_user::text, ''), true),
            set_config('app.org', p_org::text, true),
            set_config('app.hidden', hidden::text, true),
            set_config('app.only', '', true);
END $$;

CREATE OR REPLACE FUNCTION flowboard_enter(p_user bigint, p_slug text)
RETURNS TABLE (org_id bigint, slug text, is_suspended boolean, role text, hidden bigint[], project_roles jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    seat record;
BEGIN
    SELECT o.id, o.slug, o.suspended_at IS NOT NULL AS is_suspended, m.role INTO seat
      FROM orgs_organization o
      JOIN orgs_membership m ON m.org_id = o.id AND m.user_id = p_user AND m.ended_at IS NULL
      JOIN accounts_user u ON u.id = m.user_id AND u.is_active
     WHERE o.slug = lower(p_slug) AND o.deleted_at IS NULL;
    IF NOT FOUND THEN
        -- By an address that it had: the caller sees by the slug in the answer that it has another one now.
        SELECT o.id, o.slug, o.suspended_at IS NOT NULL AS is_suspended, m.role INTO seat
          FROM orgs_formerslug f
          JOIN orgs_organization o ON o.id = f.org_id AND o.deleted_at IS NULL
          JOIN orgs_membership m ON m.org_id = o.id AND m.user_id = p_user AND m.ended_at IS NULL
          JOIN accounts_user u ON u.id = m.user_id AND u.is_active
         WHERE f.slug = lower(p_slug);
    END IF;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT seat.id::bigint, seat.slug::text, seat.is_suspended, seat.role::text, a.hidden, a.project_roles
                   FROM flowboard_admit(seat.id, p_user, seat.role) a;
END $$;

CREATE OR REPLACE FUNCTION flowboard_enter_system(p_org bigint)
RETURNS TABLE (org_id bigint, slug text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT o.id, o.slug::text FROM orgs_organization o WHERE o.id = p_org;
    IF FOUND THEN
        PERFORM set_config('app.user', '', true),
                set_config('app.org', p_org::text, true),
                set_config('app.hidden', '{}', true);
    END IF;
END $$;

-- The owner of a deleted organization, who may bring it back while it is not too late. Opens nothing else.
CREATE OR REPLACE FUNCTION flowboard_enter_deleted(p_user bigint, p_slug text)
RETURNS TABLE (org_id bigint, slug text, is_suspended boolean, role text, hidden bigint[], project_roles jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    seat record;
BEGIN
    SELECT o.id, o.slug, m.role INTO seat
      FROM orgs_organization o
      JOIN orgs_membership m ON m.org_id = o.id AND m.user_id = p_user AND m.ended_at IS NULL AND m.role = 'owner'
      JOIN accounts_user u ON u.id = m.user_id AND u.is_active
     WHERE o.slug = lower(p_slug) AND o.deleted_at > now() - flowboard_grace() AND o.purge_began_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT seat.id::bigint, seat.slug::text, false, seat.role::text, a.hidden, a.project_roles
                   FROM flowboard_admit(seat.id, p_user, seat.role) a;
END $$;

-- The deleted projects that the person who has entered may bring back: their own admins, and whoever manages the
-- organization where it could see them. A token for chosen projects (`app.only`) brings back one of those.
CREATE OR REPLACE FUNCTION flowboard_deleted_projects()
RETURNS TABLE (id bigint, key text, name text, deleted_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT p.id, p.key::text, p.name::text, p.deleted_at
      FROM projects_project p
      JOIN orgs_membership m ON m.org_id = p.org_id AND m.ended_at IS NULL
                            AND m.user_id = nullif(current_setting('app.user', true), '')::bigint
      LEFT JOIN projects_projectmember x ON x.project_id = p.id AND x.user_id = m.user_id
     WHERE p.org_id = nullif(current_setting('app.org', true), '')::bigint
       AND p.deleted_at > now() - flowboard_grace() AND p.purge_began_at IS NULL
       AND (x.role = 'admin' OR (p.visibility = 'organization' AND m.role IN ('owner', 'admin')))
       AND p.id = ANY (coalesce(nullif(current_setting('app.only', true), '')::bigint[], ARRAY[p.id]))
     ORDER BY p.deleted_at DESC, p.id
$$;

-- Shows one of them to the running transaction, so that it can be brought back.
CREATE OR REPLACE FUNCTION flowboard_uncover_project(p_project bigint) RETURNS TABLE (hidden bigint[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM flowboard_deleted_projects() d WHERE d.id = p_project) THEN
        RETURN;
    END IF;
    hidden := array_remove(current_setting('app.hidden')::bigint[], p_project);
    PERFORM set_config('app.hidden', hidden::text, true);
    RETURN NEXT;
END $$;

-- What hangs on issues that were moved to another project belongs there too: what others starred or visited, and links
-- to projects that the mover does not know of, included. It says of each row only what its issue says.
CREATE OR REPLACE FUNCTION flowboard_follow_issues(p_issues bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_org bigint := nullif(current_setting('app.org', true), '')::bigint;
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['issues_comment', 'issues_reaction', 'issues_attachment', 'issues_worklog', 'issues_watcher',
                                 'issues_issuestar', 'issues_visit', 'notifications_notification', 'notifications_inboxentry',
                                 'notifications_issuemute', 'notifications_mailpart'] LOOP
        EXECUTE format('UPDATE %I r SET project_id = i.project_id FROM issues_issue i
                         WHERE i.id = r.issue_id AND i.org_id = $2 AND r.org_id = $2 AND i.id = ANY($1)
                           AND r.project_id <> i.project_id', v_table) USING p_issues, v_org;
    END LOOP;
    UPDATE issues_issuelink r SET project_id = i.project_id FROM issues_issue i
     WHERE i.id = r.source_id AND i.org_id = v_org AND r.org_id = v_org AND i.id = ANY(p_issues);
    UPDATE issues_issuelink r SET target_project_id = i.project_id FROM issues_issue i
     WHERE i.id = r.target_id AND i.org_id = v_org AND r.org_id = v_org AND i.id = ANY(p_issues);
END $$;

-- How much room the files of the organization take, those of projects hidden from whoever asks included: a limit of all.
CREATE OR REPLACE FUNCTION flowboard_attached_bytes() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(a.size), 0)::bigint FROM issues_attachment a
     WHERE a.org_id = nullif(current_setting('app.org', true), '')::bigint
$$;

-- Which of these keys belong to no row of any organization, one in its grace included. Whoever asks names them, so they
-- learn of none.
CREATE OR REPLACE FUNCTION flowboard_unclaimed_files(p_keys text[]) RETURNS TABLE (key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.key FROM unnest(p_keys) k(key)
     WHERE NOT EXISTS (SELECT 1 FROM issues_attachment a WHERE a.key = regexp_replace(k.key, '\.webp$', ''))
$$;

CREATE OR REPLACE FUNCTION flowboard_enter_person(p_user bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.user', p_user::text, true),
            set_config('app.org', '', true),
            set_config('app.hidden', '', true);
END $$;

CREATE OR REPLACE FUNCTION flowboard_enter_invitation(p_token_hash text, p_user bigint)
RETURNS TABLE (org_id bigint, slug text, is_suspended boolean, role text, hidden bigint[], project_roles jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    seat record;
BEGIN
    SELECT o.id, o.slug, o.suspended_at IS NOT NULL AS is_suspended INTO seat
      FROM orgs_invitation i
      JOIN orgs_organization o ON o.id = i.org_id AND o.deleted_at IS NULL
     WHERE i.token_hash = p_token_hash AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now();
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT seat.id::bigint, seat.slug::text, seat.is_suspended, NULL::text, a.hidden, a.project_roles
                   FROM flowboard_admit(seat.id, p_user, NULL) a;
END $$;

-- By an access token: with the rights of its owner. One for chosen projects hides every other, and its owner is a guest
-- there who has in those what they would have anyway (as apps.projects.policies.role_in says it).
DROP FUNCTION IF EXISTS flowboard_enter_token(text, text);
CREATE OR REPLACE FUNCTION flowboard_enter_token(p_token_hash text, p_slug text, p_address inet)
RETURNS TABLE (org_id bigint, slug text, is_suspended boolean, role text, hidden bigint[], project_roles jsonb,
               user_id bigint, scopes text[], token_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    token record;
    seat record;
BEGIN
    SELECT t.id, t.user_id, t.org_id, t.scopes, t.project_ids, o.slug INTO token
      FROM orgs_apitoken t
      JOIN orgs_organization o ON o.id = t.org_id
     WHERE t.token_hash = p_token_hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now());
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- A token that works, but elsewhere: whether this organization exists is not told. Without one, its own is meant.
    IF token.slug <> lower(p_slug)
       AND NOT EXISTS (SELECT 1 FROM orgs_formerslug f WHERE f.org_id = token.org_id AND f.slug = lower(p_slug)) THEN
        RETURN QUERY SELECT NULL::bigint, NULL::text, NULL::boolean, NULL::text, NULL::bigint[], NULL::jsonb,
                            NULL::bigint, NULL::text[], NULL::bigint;
        RETURN;
    END IF;
    UPDATE orgs_apitoken t SET last_used_at = now(), last_used_address = p_address
     WHERE t.id = token.id AND (t.last_used_at IS NULL OR t.last_used_at < now() - interval '5 minutes');
    SELECT e.* INTO seat FROM flowboard_enter(token.user_id, coalesce(p_slug, token.slug)) e;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF token.project_ids IS NOT NULL THEN
        SELECT coalesce(array_agg(p.id) FILTER (WHERE r.role IS NULL), '{}'),
               coalesce(jsonb_object_agg(p.id, r.role) FILTER (WHERE r.role IS NOT NULL), '{}')
          INTO hidden, project_roles
          FROM projects_project p
          LEFT JOIN LATERAL (
              SELECT CASE WHEN given = 'admin' OR implied = 'admin' THEN 'admin'
                          WHEN given = 'member' OR implied = 'member' THEN 'member' ELSE given END AS role
                FROM (SELECT seat.project_roles ->> p.id::text AS given,
                             CASE WHEN p.visibility <> 'organization' THEN NULL
                                  WHEN seat.role IN ('owner', 'admin') THEN 'admin'
                                  WHEN seat.role = 'member' THEN 'member' END AS implied) own
          ) r ON p.id = ANY (token.project_ids) AND NOT p.id = ANY (seat.hidden)
         WHERE p.org_id = token.org_id;
        PERFORM set_config('app.hidden', hidden::text, true), set_config('app.only', token.project_ids::text, true);
        RETURN QUERY SELECT seat.org_id::bigint, seat.slug::text, seat.is_suspended, 'guest'::text, hidden,
                            project_roles, token.user_id::bigint, token.scopes::text[], token.id::bigint;
        RETURN;
    END IF;
    RETURN QUERY SELECT seat.org_id::bigint, seat.slug::text, seat.is_suspended, seat.role::text, seat.hidden::bigint[],
                        seat.project_roles::jsonb, token.user_id::bigint, token.scopes::text[], token.id::bigint;
END $$;

-- By the secret address of somebody's calendar: as they are now, so that it shows nothing that they may not see any more.
CREATE OR REPLACE FUNCTION flowboard_enter_calendar(p_token_hash text)
RETURNS TABLE (org_id bigint, slug text, is_suspended boolean, role text, hidden bigint[], project_roles jsonb,
               user_id bigint, link_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    link record;
BEGIN
    SELECT l.id, l.user_id, o.slug INTO link
      FROM sprints_calendarlink l
      JOIN orgs_organization o ON o.id = l.org_id
     WHERE l.token_hash = p_token_hash AND l.revoked_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT e.*, link.user_id::bigint, link.id::bigint FROM flowboard_enter(link.user_id, link.slug) e;
    IF FOUND THEN
        UPDATE sprints_calendarlink l SET last_used_at = now()
         WHERE l.id = link.id AND (l.last_used_at IS NULL OR l.last_used_at < now() - interval '5 minutes');
    END IF;
END $$;

-- Stop the tokens and calendar addresses of somebody whose seat in the entered organization has ended, for good: taking a
-- seat again gives no old one its power back. Nobody but their owner sees them, so whoever ends a seat asks here.
CREATE OR REPLACE FUNCTION flowboard_revoke_tokens(p_user bigint) RETURNS TABLE (token_id bigint, prefix text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH ended AS (
        SELECT m.org_id, m.user_id FROM orgs_membership m
         WHERE m.org_id = nullif(current_setting('app.org', true), '')::bigint AND m.user_id = p_user
           AND m.ended_at IS NOT NULL
    ), calendars AS (
        UPDATE sprints_calendarlink l SET revoked_at = now()
          FROM ended
         WHERE l.org_id = ended.org_id AND l.user_id = ended.user_id AND l.revoked_at IS NULL
    )
    UPDATE orgs_apitoken t SET revoked_at = now()
      FROM ended
     WHERE t.org_id = ended.org_id AND t.user_id = ended.user_id AND t.revoked_at IS NULL
    RETURNING t.id, t.prefix::text
$$;

-- The limits of the API that were changed for whoever has just entered; a token's own go before its organization's.
CREATE OR REPLACE FUNCTION flowboard_rates(p_org bigint, p_token bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(r.name, r.most ORDER BY r.token_id NULLS FIRST), '{}') FROM orgs_changedlimit r
     WHERE r.org_id = p_org AND p_org = nullif(current_setting('app.org', true), '')::bigint
       AND (r.token_id IS NULL OR r.token_id = p_token)
$$;

-- The tokens that work in the organization (or one of them), for those who manage it: whose they are, and never what
-- they are called, which is their owners' own.
CREATE OR REPLACE FUNCTION flowboard_working_tokens(p_token bigint, p_limit int)
RETURNS TABLE (token_id bigint, prefix text, user_id bigint, last_used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.id, t.prefix::text, t.user_id::bigint, t.last_used_at
      FROM orgs_apitoken t
      JOIN orgs_membership m ON m.org_id = t.org_id AND m.ended_at IS NULL AND m.role IN ('owner', 'admin')
                            AND m.user_id = nullif(current_setting('app.user', true), '')::bigint
     WHERE t.org_id = nullif(current_setting('app.org', true), '')::bigint
       AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND (p_token IS NULL OR t.id = p_token)
     ORDER BY t.last_used_at DESC NULLS LAST, t.id DESC LIMIT p_limit
$$;

CREATE OR REPLACE FUNCTION flowboard_found_organization(p_user bigint) RETURNS TABLE (org_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    org_id := nextval(pg_get_serial_sequence('orgs_organization', 'id'));
    PERFORM set_config('app.user', p_user::text, true),
            set_config('app.org', org_id::text, true),
            set_config('app.hidden', '{}', true);
    RETURN NEXT;
END $$;

-- What the sweeper and the relay may know across organizations: ids only, never content.
CREATE OR REPLACE FUNCTION flowboard_due_deliveries(p_limit int) RETURNS TABLE (org_id bigint, delivery_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.org_id, d.id FROM events_delivery d
     WHERE d.state = 'waiting' AND d.due_at <= now()
       AND NOT EXISTS (SELECT 1 FROM orgs_organization o WHERE o.id = d.org_id AND o.deleted_at IS NOT NULL)
     ORDER BY d.due_at LIMIT p_limit
$$;

-- Schedules of which a slot has come, for whoever makes their issues in the name of their owners.
CREATE OR REPLACE FUNCTION flowboard_due_schedules(p_limit int)
RETURNS TABLE (org_id bigint, org_slug text, user_id bigint, project_id bigint, schedule_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.org_id, o.slug::text, s.owner_id, s.project_id, s.id
      FROM recurring_schedule s
      JOIN orgs_organization o ON o.id = s.org_id AND o.deleted_at IS NULL AND o.suspended_at IS NULL
      JOIN projects_project p ON p.id = s.project_id AND p.deleted_at IS NULL AND p.archived_at IS NULL
     WHERE s.next_at <= now() AND s.paused_at IS NULL AND s.retired_at IS NULL
       AND (s.retry_at IS NULL OR s.retry_at <= now())
     ORDER BY s.next_at, s.id LIMIT p_limit
$$;

-- Imports that have work to do and no worker that lately said it is at it.
CREATE OR REPLACE FUNCTION flowboard_waiting_imports(p_limit int) RETURNS TABLE (org_id bigint, run_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.org_id, r.id FROM imports_importrun r
      JOIN orgs_organization o ON o.id = r.org_id AND o.deleted_at IS NULL AND o.suspended_at IS NULL
     WHERE r.state IN ('surveying', 'queued', 'running', 'reverting')
       AND (r.beat_at IS NULL OR r.beat_at < statement_timestamp() - interval '60 seconds')
     ORDER BY r.beat_at NULLS FIRST, r.id LIMIT p_limit
$$;

-- Which of these keys belong to no import of any organization. Whoever asks names them, so they learn of none.
CREATE OR REPLACE FUNCTION flowboard_unclaimed_imports(p_keys text[]) RETURNS TABLE (key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.key FROM unnest(p_keys) k(key)
     WHERE NOT EXISTS (SELECT 1 FROM imports_importfile f WHERE f.key = k.key)
$$;

-- Archives that are to be written and no worker that lately said it is at it.
CREATE OR REPLACE FUNCTION flowboard_waiting_exports(p_limit int) RETURNS TABLE (org_id bigint, run_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.org_id, r.id FROM exports_exportrun r
      JOIN orgs_organization o ON o.id = r.org_id AND o.deleted_at IS NULL AND o.suspended_at IS NULL
     WHERE r.ended_at IS NULL
       AND (r.beat_at IS NULL OR r.beat_at < statement_timestamp() - interval '60 seconds')
     ORDER BY r.beat_at NULLS FIRST, r.id LIMIT p_limit
$$;

-- Which of these keys belong to no archive of any organization. Whoever asks names them, so they learn of none.
CREATE OR REPLACE FUNCTION flowboard_unclaimed_exports(p_keys text[]) RETURNS TABLE (key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.key FROM unnest(p_keys) k(key)
     WHERE NOT EXISTS (SELECT 1 FROM exports_exportrun r WHERE r.key = k.key)
$$;

-- In which organizations mail of what happened is to be put together or sent.
CREATE OR REPLACE FUNCTION flowboard_due_mail() RETURNS TABLE (org_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT o.id FROM orgs_organization o
     WHERE o.deleted_at IS NULL
       AND (EXISTS (SELECT 1 FROM notifications_mailpart p
                     WHERE p.org_id = o.id AND p.mail_id IS NULL AND p.due_at <= statement_timestamp())
            OR EXISTS (SELECT 1 FROM notifications_mail m
                        WHERE m.org_id = o.id AND m.state = 'waiting' AND m.due_at <= statement_timestamp()))
     ORDER BY o.id
$$;

-- In which organizations facts are to be read for webhooks, or what those send is due.
CREATE OR REPLACE FUNCTION flowboard_due_webhooks() RETURNS TABLE (org_id bigint, is_behind boolean, is_waiting boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT found.id, found.is_behind, found.is_waiting
      FROM (SELECT o.id,
                   EXISTS (SELECT 1 FROM webhooks_webhook w
                             JOIN events_stream s ON s.org_id = w.org_id AND s.kind <> 'person'
                                                 AND (w.project_id IS NULL OR s.project_id = w.project_id)
                             LEFT JOIN webhooks_reading r ON r.stream_id = s.id
                            WHERE w.org_id = o.id AND w.paused_at IS NULL AND w.deleted_at IS NULL
                              AND s.seq > coalesce(r.seq, 0)) AS is_behind,
                   EXISTS (SELECT 1 FROM webhooks_message m
                            WHERE m.org_id = o.id AND m.state = 'waiting'
                              AND m.due_at <= statement_timestamp()) AS is_waiting
              FROM orgs_organization o
             WHERE o.deleted_at IS NULL AND o.suspended_at IS NULL
               AND EXISTS (SELECT 1 FROM webhooks_webhook w WHERE w.org_id = o.id)) found
     WHERE found.is_behind OR found.is_waiting ORDER BY found.id
$$;

-- The head of each stream that a socket process follows, in one query for all of them.
CREATE OR REPLACE FUNCTION flowboard_stream_heads(p_streams bigint[]) RETURNS TABLE (stream_id bigint, org_id bigint, seq bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.id, s.org_id, s.seq FROM events_stream s WHERE s.id = ANY (p_streams)
$$;

-- Which of the people on open sockets still have a seat, and what is hidden from them: one query for all sockets.
CREATE OR REPLACE FUNCTION flowboard_rights(p_orgs bigint[], p_users bigint[])
RETURNS TABLE (org_id bigint, user_id bigint, role text, hidden bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.org_id, m.user_id, m.role::text,
           (SELECT coalesce(array_agg(p.id), '{}') FROM projects_project p
             WHERE p.org_id = m.org_id
               AND (p.deleted_at IS NOT NULL
                    OR ((p.visibility = 'private' OR m.role = 'guest')
                        AND NOT EXISTS (SELECT 1 FROM projects_projectmember x
                                         WHERE x.project_id = p.id AND x.user_id = m.user_id))))
      FROM unnest(p_orgs, p_users) AS asked(org_id, user_id)
      JOIN orgs_membership m ON m.org_id = asked.org_id AND m.user_id = asked.user_id AND m.ended_at IS NULL
      JOIN orgs_organization o ON o.id = m.org_id AND o.suspended_at IS NULL AND o.deleted_at IS NULL
      JOIN accounts_user u ON u.id = m.user_id AND u.is_active
$$;

-- Organizations with something to do for a periodic job.
CREATE OR REPLACE FUNCTION flowboard_organization_ids() RETURNS TABLE (org_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT o.id FROM orgs_organization o WHERE o.deleted_at IS NULL ORDER BY o.id
$$;

-- Open invitations to the address of the person who has entered. Only to a confirmed one: until then, what proves that
-- an invitation is theirs is the link alone.
CREATE OR REPLACE FUNCTION flowboard_my_invitations()
RETURNS TABLE (nonce text, org_name text, invited_by text, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.nonce::text, o.name::text, inviter.name::text, i.expires_at
      FROM accounts_user me
      JOIN account_emailaddress mine ON mine.user_id = me.id AND mine.verified AND lower(mine.email) = me.email
      JOIN orgs_invitation i ON i.email = me.email
      JOIN orgs_organization o ON o.id = i.org_id AND o.suspended_at IS NULL AND o.deleted_at IS NULL
      JOIN accounts_user inviter ON inviter.id = i.invited_by_id
     WHERE me.id = nullif(current_setting('app.user', true), '')::bigint AND me.is_active
       AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
     ORDER BY i.id DESC
$$;

-- The address that an open invitation was sent to, for whoever has its link: sign-up may be open to that one alone.
CREATE OR REPLACE FUNCTION flowboard_invited_address(p_token_hash text) RETURNS TABLE (email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.email::text FROM orgs_invitation i
      JOIN orgs_organization o ON o.id = i.org_id AND o.suspended_at IS NULL AND o.deleted_at IS NULL
     WHERE i.token_hash = p_token_hash AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
$$;

-- What became of an invitation that opens nothing any more, for whoever has its link: no more than its mail told them.
CREATE OR REPLACE FUNCTION flowboard_spent_invitation(p_token_hash text)
RETURNS TABLE (state text, org_name text, invited_by text, email text, is_asked_again boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN i.accepted_at IS NOT NULL THEN 'used' WHEN i.revoked_at IS NOT NULL THEN 'revoked' ELSE 'expired' END,
           o.name::text, inviter.name::text, i.email::text, i.asked_again_at IS NOT NULL
      FROM orgs_invitation i
      JOIN orgs_organization o ON o.id = i.org_id AND o.deleted_at IS NULL
      JOIN accounts_user inviter ON inviter.id = i.invited_by_id
     WHERE i.token_hash = p_token_hash
       AND (i.accepted_at IS NOT NULL OR i.revoked_at IS NOT NULL OR i.expires_at <= now())
$$;

-- Ask for a new link in place of one that has expired: once, by whoever has it.
CREATE OR REPLACE FUNCTION flowboard_ask_again(p_token_hash text)
RETURNS TABLE (org_id bigint, invitation_id bigint, email text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE orgs_invitation i SET asked_again_at = now()
     WHERE i.token_hash = p_token_hash AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at <= now()
       AND i.asked_again_at IS NULL
       AND EXISTS (SELECT 1 FROM orgs_organization o WHERE o.id = i.org_id AND o.deleted_at IS NULL)
    RETURNING i.org_id, i.id, i.email::text
$$;

-- The organization behind an address, for commands of the operator, who then enter it as the system.
CREATE OR REPLACE FUNCTION flowboard_organization_named(p_slug text) RETURNS TABLE (org_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT o.id FROM orgs_organization o WHERE o.slug = lower(p_slug)
$$;

-- Erase organizations with everything that belongs to them, history included. References between the tables are checked
-- when the transaction ends, so their order does not matter; one that leads here from outside makes all of it fail.
CREATE OR REPLACE FUNCTION flowboard_erase_organizations(p_orgs bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_class c
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
                 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    LOOP
        EXECUTE format('DELETE FROM %I WHERE org_id = ANY ($1)', name) USING p_orgs;
    END LOOP;
    DELETE FROM orgs_organization o WHERE o.id = ANY (p_orgs);
END $$;

-- Erase what the owner marked as the demo: its organizations, and those of its people who neither have (or had) a seat
-- elsewhere nor run this server.
CREATE OR REPLACE FUNCTION flowboard_erase_demo()
RETURNS TABLE (organizations int, people int, kept int, pictures text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    orgs bigint[];
    gone bigint[];
    reference record;
BEGIN
    LOCK TABLE ops_demomark IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(array_agg(o.id), '{}') INTO orgs
      FROM orgs_organization o JOIN ops_demomark d ON d.kind = 'organization' AND d.object_id = o.id;
    PERFORM flowboard_erase_organizations(orgs);
    SELECT coalesce(array_agg(u.id), '{}'), array_agg(u.avatar::text) FILTER (WHERE u.avatar <> '') INTO gone, pictures
      FROM accounts_user u JOIN ops_demomark d ON d.kind = 'person' AND d.object_id = u.id
     WHERE NOT u.is_staff AND NOT EXISTS (SELECT FROM orgs_membership s WHERE s.user_id = u.id);
    DELETE FROM account_emailconfirmation c USING account_emailaddress e
     WHERE c.email_address_id = e.id AND e.user_id = ANY (gone);
    FOR reference IN
        SELECT c.relname, a.attname FROM pg_constraint r
          JOIN pg_class c ON c.oid = r.conrelid
          JOIN pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = r.conkey[1]
         WHERE r.contype = 'f' AND r.confrelid = 'accounts_user'::regclass
           AND NOT EXISTS (SELECT FROM pg_attribute o
                            WHERE o.attrelid = r.conrelid AND o.attname = 'org_id' AND NOT o.attisdropped)
    LOOP
        EXECUTE format('DELETE FROM %I WHERE %I = ANY ($1)', reference.relname, reference.attname) USING gone;
    END LOOP;
    DELETE FROM accounts_user u WHERE u.id = ANY (gone);
    organizations := cardinality(orgs);
    people := cardinality(gone);
    SELECT count(*) - people INTO kept
      FROM ops_demomark d WHERE d.kind = 'person' AND (d.object_id = ANY (gone)
                                                      OR EXISTS (SELECT FROM accounts_user u WHERE u.id = d.object_id));
    DELETE FROM ops_demomark;
    RETURN NEXT;
END $$;

-- The same for the operator who has entered, and for nobody else.
CREATE OR REPLACE FUNCTION flowboard_remove_demo()
RETURNS TABLE (organizations int, people int, kept int, pictures text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = nullif(current_setting('app.user', true), '')::bigint
                                                 AND u.is_staff AND u.is_active) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an operator removes the demo';
    END IF;
    RETURN QUERY SELECT * FROM flowboard_erase_demo();
END $$;

-- For each organization of the person who has entered: how many others belong to it, and how many of them own it.
-- Numbers only. It is what decides whether they may go.
CREATE OR REPLACE FUNCTION flowboard_my_company() RETURNS TABLE (org_id bigint, others bigint, other_owners bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT mine.org_id, count(u.id), count(u.id) FILTER (WHERE m.role = 'owner')
      FROM orgs_membership mine
      LEFT JOIN orgs_membership m ON m.org_id = mine.org_id AND m.user_id <> mine.user_id AND m.ended_at IS NULL
      LEFT JOIN accounts_user u ON u.id = m.user_id AND u.is_active AND u.kind = 'person'
     WHERE mine.user_id = nullif(current_setting('app.user', true), '')::bigint AND mine.ended_at IS NULL
     GROUP BY mine.org_id
$$;

-- Whether an organization may take an address. The lock keeps two from asking at once: until the one commits, the other
-- waits, and then sees what became of it.
CREATE OR REPLACE FUNCTION flowboard_claim_slug(p_slug text, p_org bigint) RETURNS TABLE (is_free boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('flowboard_claim_slug'));
    is_free := NOT EXISTS (SELECT 1 FROM orgs_organization o WHERE o.slug = lower(p_slug) AND o.id <> p_org)
           AND NOT EXISTS (SELECT 1 FROM orgs_formerslug f WHERE f.slug = lower(p_slug) AND f.org_id <> p_org);
    RETURN NEXT;
END $$;

-- What is past its date, as ids: an organization, or a project of one that stays.
CREATE OR REPLACE FUNCTION flowboard_due_purges(p_limit int) RETURNS TABLE (org_id bigint, project_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    (SELECT o.id, NULL::bigint FROM orgs_organization o
      WHERE o.deleted_at <= now() - flowboard_grace() ORDER BY o.deleted_at LIMIT p_limit)
    UNION ALL
    (SELECT p.org_id, p.id FROM projects_project p
       JOIN orgs_organization o ON o.id = p.org_id AND o.deleted_at IS NULL
      WHERE p.deleted_at <= now() - flowboard_grace() ORDER BY p.deleted_at LIMIT p_limit)
$$;

-- Deletes some rows, at most `p_limit`, of an organization or project that is past its date and whose purge has begun;
-- nothing else, whoever asks. Answers how many went, from which step, and up to which id: from there the next call goes
-- on, so that a large table is read through once and not once a call. None means that nothing is left. One caller at a
-- time for each. flowboard_purge_steps() says in which order tables are emptied (purging.py makes it from the foreign
-- keys).
DROP FUNCTION IF EXISTS flowboard_purge_some(bigint, bigint, int);
CREATE OR REPLACE FUNCTION flowboard_purge_some(p_org bigint, p_project bigint, p_step int, p_after bigint, p_limit int)
RETURNS TABLE (gone bigint, at_step int, after_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    step record;
    reference record;
    ids bigint[];
BEGIN
    gone := 0;
    at_step := p_step;
    after_id := p_after;
    IF p_project IS NULL THEN
        PERFORM 1 FROM orgs_organization o
          WHERE o.id = p_org AND o.deleted_at <= now() - flowboard_grace() AND o.purge_began_at IS NOT NULL FOR UPDATE;
    ELSE
        PERFORM 1 FROM projects_project p
          WHERE p.id = p_project AND p.org_id = p_org
            AND p.deleted_at <= now() - flowboard_grace() AND p.purge_began_at IS NOT NULL FOR UPDATE;
    END IF;
    IF NOT FOUND THEN
        RETURN NEXT;
        RETURN;
    END IF;
    FOR step IN SELECT * FROM flowboard_purge_steps() s WHERE s.step >= p_step ORDER BY s.step LOOP
        CONTINUE WHEN p_project IS NOT NULL AND step.of_project IS NULL;
        EXECUTE format('SELECT array_agg(t.id) FROM (SELECT id FROM %I WHERE %s AND id > $4 ORDER BY id LIMIT $3) t',
                       step.table_name, CASE WHEN p_project IS NULL THEN step.of_org ELSE step.of_project END)
           INTO ids USING p_org, p_project, p_limit, CASE WHEN step.step = p_step THEN p_after ELSE 0 END;
        CONTINUE WHEN ids IS NULL;
        -- What stays, or goes later, must not point at what goes now.
        FOR reference IN SELECT r.* FROM flowboard_loose_references() r WHERE r.target = step.table_name LOOP
            IF reference.is_required THEN
                EXECUTE format('DELETE FROM %I WHERE %I = ANY ($1)', reference.source, reference.column_name) USING ids;
            ELSE
                EXECUTE format('UPDATE %I SET %I = NULL WHERE %I = ANY ($1)', reference.source, reference.column_name,
                               reference.column_name) USING ids;
            END IF;
        END LOOP;
        EXECUTE format('DELETE FROM %I WHERE id = ANY ($1)', step.table_name) USING ids;
        gone := cardinality(ids);
        at_step := step.step;
        SELECT max(each) INTO after_id FROM unnest(ids) each;
        RETURN NEXT;
        RETURN;
    END LOOP;
    RETURN NEXT;
END $$;

-- Deletes rows of a table with everything that hangs on them. What only names them, and may name nothing, stays.
CREATE OR REPLACE FUNCTION flowboard_uproot(p_table text, p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    reference record;
    v_ids bigint[];
BEGIN
    -- Neither is anything without what it is about, though it need not name it.
    IF p_table = 'issues_comment' THEN
        DELETE FROM issues_reaction WHERE comment_id = ANY (p_ids);
    ELSIF p_table = 'issues_issue' THEN
        DELETE FROM sprints_scopeentry WHERE issue_id = ANY (p_ids);
    END IF;
    FOR reference IN SELECT r.* FROM flowboard_loose_references() r WHERE r.target = p_table LOOP
        IF reference.is_required THEN
            EXECUTE format('SELECT array_agg(id) FROM %I WHERE %I = ANY ($1)', reference.source, reference.column_name)
               INTO v_ids USING p_ids;
            IF v_ids IS NOT NULL THEN
                PERFORM flowboard_uproot(reference.source, v_ids);
            END IF;
        ELSE
            EXECUTE format('UPDATE %I SET %I = NULL WHERE %I = ANY ($1)', reference.source, reference.column_name,
                           reference.column_name) USING p_ids;
        END IF;
    END LOOP;
    EXECUTE format('DELETE FROM %I WHERE id = ANY ($1)', p_table) USING p_ids;
END $$;

-- Deletes for good, out of those that are named, what an import made in the entered organization, and forgets where it
-- came from: issues, comments, logged time, versions, sprints, labels, fields, statuses, types, schedules, or a project
-- without issues. For FlowBoard itself alone. Answers how many went.
CREATE OR REPLACE FUNCTION flowboard_remove_imported(p_run bigint, p_kind text, p_ids bigint[]) RETURNS TABLE (gone int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_org bigint := nullif(current_setting('app.org', true), '')::bigint;
    v_table text := CASE p_kind
        WHEN 'issue' THEN 'issues_issue' WHEN 'comment' THEN 'issues_comment' WHEN 'work_log' THEN 'issues_worklog'
        WHEN 'version' THEN 'projects_version' WHEN 'sprint' THEN 'sprints_sprint' WHEN 'label' THEN 'projects_label'
        WHEN 'field' THEN 'projects_customfield' WHEN 'status' THEN 'projects_status' WHEN 'type' THEN 'projects_issuetype'
        WHEN 'attachment' THEN 'issues_attachment' WHEN 'schedule' THEN 'recurring_schedule'
        WHEN 'project' THEN 'projects_project' END;
    v_ids bigint[];
    v_project bigint;
    step record;
BEGIN
    gone := 0;
    IF coalesce(current_setting('app.user', true), '') <> '' OR v_org IS NULL OR v_table IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT array_agg(DISTINCT r.object_id) INTO v_ids FROM imports_externalref r
     WHERE r.org_id = v_org AND r.run_id = p_run AND r.kind = p_kind AND r.object_id = ANY (p_ids)
       AND (p_kind <> 'project' OR r.fingerprint = 'made');
    IF v_ids IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    IF p_kind = 'project' THEN
        FOREACH v_project IN ARRAY v_ids LOOP
            CONTINUE WHEN EXISTS (SELECT 1 FROM issues_issue i WHERE i.project_id = v_project);
            FOR step IN SELECT * FROM flowboard_purge_steps() s WHERE s.of_project IS NOT NULL ORDER BY s.step LOOP
                IF step.table_name = 'projects_project' THEN
                    UPDATE imports_importrun SET project_id = NULL WHERE project_id = v_project;
                END IF;
                EXECUTE format('DELETE FROM %I WHERE %s AND org_id = $1', step.table_name, step.of_project)
                  USING v_org, v_project;
            END LOOP;
            gone := gone + 1;
        END LOOP;
        RETURN NEXT;
        RETURN;
    END IF;
    DELETE FROM imports_externalref r
     WHERE r.org_id = v_org AND r.object_id = ANY (v_ids) AND r.run_id = p_run AND r.kind = p_kind;
    IF p_kind = 'issue' THEN
        DELETE FROM imports_externalref r USING issues_comment c
         WHERE c.issue_id = ANY (v_ids) AND r.kind = 'comment' AND r.object_id = c.id AND r.project_id = c.project_id;
        DELETE FROM imports_externalref r USING issues_worklog w
         WHERE w.issue_id = ANY (v_ids) AND r.kind = 'work_log' AND r.object_id = w.id AND r.project_id = w.project_id;
        DELETE FROM imports_externalref r USING issues_attachment a
         WHERE a.issue_id = ANY (v_ids) AND r.kind = 'attachment' AND r.object_id = a.id AND r.project_id = a.project_id;
    END IF;
    PERFORM flowboard_uproot(v_table, v_ids);
    gone := cardinality(v_ids);
    RETURN NEXT;
END $$;

-- Deletes what an import told of the past of these issues, and what any told of those that are gone. For FlowBoard
-- itself alone. Answers how many facts went.
CREATE OR REPLACE FUNCTION flowboard_remove_history(p_run bigint, p_issues bigint[]) RETURNS TABLE (gone int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_org bigint := nullif(current_setting('app.org', true), '')::bigint;
    v_ids bigint[];
BEGIN
    gone := 0;
    IF coalesce(current_setting('app.user', true), '') = '' AND v_org IS NOT NULL THEN
        SELECT array_agg(e.id) INTO v_ids FROM events_event e
         WHERE e.org_id = v_org AND e.issue_id = ANY (p_issues) AND e.kind = 'issue.retold'
           AND (e.data ->> 'run' = p_run::text OR NOT EXISTS (SELECT 1 FROM issues_issue i WHERE i.id = e.issue_id));
        DELETE FROM events_change WHERE event_id = ANY (v_ids);
        DELETE FROM events_event WHERE id = ANY (v_ids);
        gone := coalesce(cardinality(v_ids), 0);
    END IF;
    RETURN NEXT;
END $$;

-- Deletes the lines that an import added to the ledgers of these sprints: all behind as many as are to be kept. For
-- FlowBoard itself alone. Answers how many went.
CREATE OR REPLACE FUNCTION flowboard_remove_ledger(p_run bigint, p_sprints bigint[], p_kept int[])
RETURNS TABLE (gone int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_org bigint := nullif(current_setting('app.org', true), '')::bigint;
BEGIN
    gone := 0;
    IF coalesce(current_setting('app.user', true), '') = '' AND v_org IS NOT NULL THEN
        DELETE FROM sprints_scopeentry line USING (
            SELECT behind.id FROM unnest(p_sprints, p_kept) AS taken (sprint_id, kept),
                   LATERAL (SELECT e.id FROM sprints_scopeentry e
                             WHERE e.org_id = v_org AND e.sprint_id = taken.sprint_id ORDER BY e.id OFFSET taken.kept
                   ) AS behind
             WHERE EXISTS (SELECT 1 FROM imports_externalref r
                            WHERE r.org_id = v_org AND r.kind = 'ledger' AND r.object_id = taken.sprint_id
                              AND p_run IN (r.run_id, r.updated_by_id))
        ) AS going WHERE line.id = going.id;
        GET DIAGNOSTICS gone = ROW_COUNT;
    END IF;
    RETURN NEXT;
END $$;
