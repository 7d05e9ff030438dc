//! The servers that take contacts' mail, as DNS names them: where a copy went when the relay had it.

use crate::value::params;
use crate::{Error, Store};
use model::event::Happening;
use model::{ContactId, EmailAddress, Time};

/// Contacts that are asked about at once.
const WANTED_MAX: i64 = 200;

/// A server that takes mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailHost {
    /// Its name; none where the domain takes no mail.
    pub host: Option<String>,
    /// The network it stands in, where a table knows it.
    pub network: Option<String>,
    /// ISO 3166 country of that network.
    pub country: Option<String>,
}

/// Somebody whose server is to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostWanted {
    /// Who.
    pub contact: ContactId,
    /// The domain of their address, in lower case.
    pub domain: String,
}

impl Store {
    /// Contacts to whom mail left since the event `after`, and of whom nothing was looked up since `before`; and the last
    /// event seen. Call it until that stays the same.
    pub async fn mail_hosts_wanted(
        &self,
        after: i64,
        before: Time,
    ) -> Result<(i64, Vec<HostWanted>), Error> {
        self.db
            .read(move |tx| {
                let sql = "select e.seq, k.id, k.address, h.at from event e join copy c on c.id = e.copy_id
                           join contact k on k.id = c.contact_id left join mail_host h on h.contact_id = k.id
                           where e.seq > $1 and e.kind = $2 order by e.seq limit $3";
                let (mut last, mut wanted) = (after, Vec::new());
                for row in tx.query(sql, params![after, Happening::Sent, WANTED_MAX])? {
                    last = row.get(0)?;
                    let looked: Option<Time> = row.get(3)?;
                    let address = row.get::<String>(2)?.parse::<EmailAddress>();
                    if let (Ok(address), true) = (address, looked.is_none_or(|at| at < before)) {
                        wanted.push(HostWanted {
                            contact: row.get(1)?,
                            domain: address.domain().to_ascii_lowercase(),
                        });
                    }
                }
                Ok((last, wanted))
            })
            .await
    }

    /// Notes what DNS said about a contact's domain.
    pub async fn mail_host_note(
        &self,
        contact: ContactId,
        found: MailHost,
        now: Time,
    ) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                // Erased meanwhile: then there is nobody to note it of.
                let sql = "insert into mail_host (contact_id, host, network, country, at)
                           select $1, $2, $3, $4, $5 where exists (select 1 from contact where id = $1)
                           on conflict (contact_id) do update set host = excluded.host, network = excluded.network,
                           country = excluded.country, at = excluded.at";
                let MailHost {
                    host,
                    network,
                    country,
                } = found;
                tx.execute(sql, params![contact, host, network, country, now])
                    .map(|_| ())
            })
            .await
    }

    /// The server that takes a contact's mail; none where it was not looked up, or there is none.
    pub async fn mail_host(&self, contact: ContactId) -> Result<Option<MailHost>, Error> {
        self.db
            .read(move |tx| {
                let sql = "select host, network, country from mail_host
                           where contact_id = $1 and host is not null";
                tx.one(sql, params![contact], |row| {
                    Ok(MailHost {
                        host: row.get(0)?,
                        network: row.get(1)?,
                        country: row.get(2)?,
                    })
                })
            })
            .await
    }
}
