//! What both migration series agree on, as diesel sees it; written by hand, held to them by a test.

diesel::table! {
    revision (id) {
        id -> BigInt,
        number -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    catalogues (version) {
        version -> BigInt,
        document -> Document,
        applied_at -> Instant,
        applied_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    site_groups (key) {
        key -> Text,
        document -> Document,
        version -> BigInt,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    events (key) {
        key -> Text,
        document -> Document,
        managed -> Bool,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    presets (id) {
        id -> Text,
        owner_kind -> Text,
        owner -> Text,
        document -> Document,
        managed -> Bool,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    preset_versions (id, version) {
        id -> Text,
        version -> BigInt,
        document -> Document,
        changed_at -> Instant,
        changed_by -> Text,
        owner_kind -> Nullable<Text>,
        owner -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    idempotency (principal_kind, principal, key) {
        principal_kind -> Text,
        principal -> Text,
        key -> Text,
        route -> Text,
        digest -> Text,
        reply -> Document,
        made_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    selections (person, server_name, context) {
        person -> Text,
        server_name -> Text,
        context -> Text,
        preset -> Text,
        chosen_values -> Document,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    decisions (id) {
        id -> Text,
        at -> Instant,
        person -> Text,
        server_name -> Text,
        outcome -> Text,
        asked -> Document,
        given -> Nullable<Document>,
        reasons -> Document,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    audit (sequence) {
        sequence -> BigInt,
        at -> Instant,
        actor -> Text,
        action -> Text,
        object_kind -> Text,
        object_id -> Text,
        version -> BigInt,
        before -> Nullable<Document>,
        after -> Nullable<Document>,
        request_id -> Nullable<Text>,
        token -> Nullable<Text>,
        revision -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    audit_of_people (sequence, side) {
        sequence -> BigInt,
        side -> Text,
        mark -> Text,
        object -> Text,
        document -> Document,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;

    audit_seals (number) {
        number -> BigInt,
        last -> BigInt,
        entries -> BigInt,
        newest -> Instant,
        sealed_at -> Instant,
        digest -> Text,
        removed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    people (mark) {
        mark -> Text,
        person -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;

    sign_ins (state) {
        state -> Text,
        browser -> Text,
        verifier -> Text,
        next -> Text,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::{Document, Instant};

    preferences (person) {
        person -> Text,
        document -> Document,
        version -> BigInt,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;

    accounts (person) {
        person -> Text,
        made_at -> Instant,
        set_aside_at -> Nullable<Instant>,
    }
}

diesel::table! {
    person_changes (slot) {
        sequence -> BigInt,
        slot -> BigInt,
        replaced -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::Instant;

    sessions (id) {
        id -> Text,
        person -> Text,
        token -> Text,
        hub_session -> Text,
        created_at -> Instant,
        seen_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(audit, audit_of_people, people);
