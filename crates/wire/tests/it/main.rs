//! The server and the client against each other over loopback, and each against peers that break
//! the rules.

mod exchange;
mod hostile_clients;
mod hostile_relays;
mod post_office;
