use super::*;
use crate::sign::SigningKey;

const ANN: ContactId = ContactId([1; 16]);
const T0: Time = Time(1_795_294_080_123);

fn event(state: ConsentState, at: Time) -> CommittedEvent {
    CommittedEvent {
        contact: ANN,
        topic: Topic::Open,
        state,
        at,
        method: "page".into(),
        user: None,
        text: Some(Sha256::of("the page")),
    }
}

fn signing() -> SigningKey {
    SigningKey::new(&[7; 32]).unwrap()
}

/// A chain of eight, in which Ann's are 2 and 6, with heads signed at 3 and 8.
fn opened() -> Opened {
    let workspace = WorkspaceId([9; 16]);
    let (own, other) = ([3; 32], [4; 32]);
    let mut head = Head::beginning(workspace.bytes());
    let (mut entries, mut events, mut heads) = (Vec::new(), Vec::new(), Vec::new());
    for seq in 1..=8_u64 {
        let at = Time(T0.0 + seq as i64);
        let state = match seq {
            2 => ConsentState::Given,
            _ => ConsentState::Withdrawn,
        };
        let event = event(state, at);
        let kind: ledger::Kind = format!("consent.{}", state.as_str()).parse().unwrap();
        let key = if [2, 6].contains(&seq) { own } else { other };
        let payload = event.payload().unwrap();
        let entry = head.append(at, kind, &CommitmentKey::new(&key), payload.as_bytes());
        head = Head::from(&entry);
        if key == own {
            events.push(Placed { entry: seq, event });
        }
        if [3, 8].contains(&seq) {
            heads.push(head.sign(at, &signing()));
        }
        entries.push(entry);
    }
    let pieces = Opened::pieces(&[2, 6], &heads);
    assert_eq!(pieces, [(2, 3), (6, 8)]);
    entries.retain(|e| pieces.iter().any(|(a, b)| (*a..=*b).contains(&e.seq)));
    Opened {
        workspace,
        key: HexKey::of(own),
        events,
        entries,
        heads,
    }
}

#[test]
fn pieces_reach_the_next_signed_head_and_no_further() {
    let heads = opened().heads;
    assert_eq!(Opened::pieces(&[1, 2, 3], &heads), [(1, 3)]);
    assert_eq!(Opened::pieces(&[3, 4], &heads), [(3, 3), (4, 8)]);
    assert_eq!(Opened::pieces(&[8, 9], &heads), [(8, 8)]);
    assert_eq!(Opened::pieces(&[9], &heads), []);
}

#[test]
fn r_cons_16_events_open_and_lead_to_a_signed_head() {
    assert_eq!(opened().verify(ANN, &signing().public()), Ok(()));
    let other = SigningKey::new(&[8; 32]).unwrap().public();
    assert_eq!(opened().verify(ANN, &other), Err(Broken::Head(3)));
    let bob = ContactId([2; 16]);
    assert_eq!(
        opened().verify(bob, &signing().public()),
        Err(Broken::Stranger(2))
    );
}

#[test]
fn r_cons_16_what_was_changed_is_named_by_its_place() {
    let found = |change: &dyn Fn(&mut Opened)| {
        let mut changed = opened();
        change(&mut changed);
        changed.verify(ANN, &signing().public()).unwrap_err()
    };
    let given = |o: &mut Opened| o.events[1].event.state = ConsentState::Given;
    assert_eq!(found(&given), Broken::Differs(6));
    let earlier = |o: &mut Opened| o.events[0].event.at = T0;
    assert_eq!(found(&earlier), Broken::Differs(2));
    let text = |o: &mut Opened| o.events[0].event.text = None;
    assert_eq!(found(&text), Broken::Differs(2));
    let key = |o: &mut Opened| o.key = HexKey::of([5; 32]);
    assert_eq!(found(&key), Broken::Differs(2));
    let gone = |o: &mut Opened| {
        o.entries.remove(0);
    };
    assert_eq!(found(&gone), Broken::Missing(2));
    let unsigned = |o: &mut Opened| {
        o.heads.pop();
    };
    assert_eq!(found(&unsigned), Broken::Unsigned(8));
    let edited = |o: &mut Opened| o.entries[3].at = T0;
    assert!(matches!(found(&edited), Broken::Chain(t) if t.at == 7));
    let head = |o: &mut Opened| o.heads[1].head.hash = Sha256::of("another");
    assert_eq!(found(&head), Broken::Head(8));
}

#[test]
fn text_form_round_trips() {
    let text = serde_json::to_string(&opened()).unwrap();
    assert_eq!(serde_json::from_str::<Opened>(&text).unwrap(), opened());
    assert!(!format!("{:?}", opened()).contains("0303"));
}
