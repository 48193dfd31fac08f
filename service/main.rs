//! The door: command line, log, and the parts put together.

#[path = "main/account.rs"]
mod account;
#[path = "main/audit.rs"]
mod audit;
#[path = "main/backup.rs"]
mod backup;
#[path = "main/commands.rs"]
mod commands;
#[path = "main/end.rs"]
mod end;
#[path = "main/give_back.rs"]
mod give_back;
#[path = "main/parent.rs"]
mod parent;
#[path = "main/signals.rs"]
mod signals;
#[path = "main/telemetry.rs"]
mod telemetry;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Spawn presets per person, group and training event, beside a JupyterHub.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until asked to end (SIGINT or SIGTERM).
    Serve {
        #[arg(long)]
        config: PathBuf,
    },
    /// Check the configuration, and a site file if one is given; change nothing.
    Check {
        #[arg(long)]
        config: PathBuf,
        site: Option<PathBuf>,
    },
    /// Put a site file in place of the one before it: all of it or nothing.
    Apply {
        #[arg(long)]
        config: PathBuf,
        site: PathBuf,
        /// Only show what would change.
        #[arg(long)]
        dry_run: bool,
    },
    /// Say what a person is offered, and why.
    Explain {
        #[arg(long)]
        config: PathBuf,
        user: String,
        /// Groups the hub itself keeps for the person.
        #[arg(long = "hub-group")]
        hub_groups: Vec<String>,
        /// At another instant than now: 2026-12-01T09:05:00Z. Memberships are today's.
        #[arg(long)]
        at: Option<String>,
        /// For another group or event than the person would be in: physics, event:ai-school; empty: for none.
        #[arg(long)]
        context: Option<String>,
    },
    /// Prepare or update the tables of the database.
    Migrate {
        #[arg(long)]
        config: PathBuf,
    },
    /// Copy an SQLite database into a file of its own, while the service goes on.
    Backup {
        #[arg(long)]
        config: PathBuf,
        /// A file that is not there yet; only its owner will read it.
        target: PathBuf,
    },
    /// Give what an earlier account of a name kept to whoever has the name now: the same person, made anew at the hub.
    GiveBack {
        #[arg(long)]
        config: PathBuf,
        /// As it was set aside: alice/2026-03-01T10:00:00Z. Without it, say what was.
        name: Option<String>,
    },
    /// Look after the audit of changes.
    Audit {
        #[command(subcommand)]
        what: Audit,
    },
    /// Print the description of the API.
    Openapi,
    /// Ask a running service whether it is ready: exit code 0 if it is.
    Healthcheck {
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Subcommand)]
enum Audit {
    /// Find what was changed in it, taken out of it or put into it since it was sealed.
    Verify {
        #[arg(long)]
        config: PathBuf,
        /// A seal that the log tells (“the audit is sealed”), to compare with.
        #[arg(long)]
        anchor: Option<String>,
    },
}

fn main() {
    // Two providers in one tree would panic at the first TLS connection; there is one, named here.
    rustls::crypto::ring::default_provider().install_default().ok();
    match run(Arguments::parse().command) {
        Ok(()) => end::end(0),
        Err(refused) => {
            eprintln!("{refused}");
            end::end(1)
        }
    }
}

fn run(command: Command) -> Result<(), commands::Failed> {
    match command {
        Command::Serve { config } => commands::serve(&config),
        Command::Check { config, site } => commands::check(&config, site.as_deref()),
        Command::Apply { config, site, dry_run } => commands::apply(&config, &site, dry_run),
        Command::Explain { config, user, hub_groups, at, context } => {
            commands::explain(&config, &user, hub_groups, at.as_deref(), context)
        }
        Command::Migrate { config } => commands::migrate(&config),
        Command::Backup { config, target } => backup::copy(&config, &target),
        Command::GiveBack { config, name } => give_back::give_back(&config, name),
        Command::Audit { what: Audit::Verify { config, anchor } } => audit::verify(&config, anchor),
        Command::Openapi => commands::openapi(),
        Command::Healthcheck { config } => commands::healthcheck(&config),
    }
}
