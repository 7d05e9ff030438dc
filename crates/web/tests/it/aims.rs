//! What tracking is wanted for, as the desk states it.

use crate::client::world;
use model::{ConsentState, Language, Role, Topic};

#[tokio::test]
async fn r_cons_13_the_desk_states_what_tracking_is_for() {
    let w = world().await;
    w.sample
        .contact("ann@example.org", "Ann", ConsentState::Given)
        .await;
    let browser = w.browser(w.user(Role::Compliance)).await;
    let page = browser.page("/compliance/aims").await.text;
    assert!(
        page.contains("Purpose: to see whether mails from Sample arrive"),
        "{page}"
    );
    assert!(page.contains("One person has agreed to that."), "{page}");
    let half = "topic=open&en=to+call+in+time&reason=the+desk+asked";
    let answer = browser.post("/compliance/aims", half).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert!(answer.text.contains("French is missing"), "{}", answer.text);
    assert!(
        answer.text.contains("value=\"to call in time\""),
        "what was written stays"
    );
    let whole = format!("{half}&fr=a&de=b&it=c&es=d");
    let without = whole.replace("the+desk+asked", "");
    assert_eq!(browser.post("/compliance/aims", &without).await.status, 422);
    let answer = browser.post("/compliance/aims", &whole).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let found = w.sample.store.workspace(w.sample.workspace).await.unwrap();
    let aims = found.unwrap().aims;
    assert_eq!(aims.get(Topic::Open, Language::De), Some("b"));
    assert_eq!(aims.get(Topic::Click, Language::De), None);
    let page = browser.page("/compliance/aims").await.text;
    assert!(page.contains("Purpose: to call in time."), "{page}");
    let acts = browser.page("/compliance/acts").await.text;
    assert!(
        acts.contains("changed what tracking is wanted for"),
        "{acts}"
    );
}

#[tokio::test]
async fn r_cons_13_another_name_says_beforehand_whose_agreement_would_end() {
    let w = world().await;
    w.sample
        .contact("ann@example.org", "Ann", ConsentState::Given)
        .await;
    let browser = w.browser(w.user(Role::Admin)).await;
    let page = browser.page("/settings").await.text;
    assert!(page.contains("One person agreed with the one before"));
    let identity = async |form: &str| {
        let form = format!("{form}&language=en&postal_address=1+Way&contact=");
        let answer = browser.post("/settings/workspace", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        w.sample.settings().await.identity
    };
    assert_eq!(identity("name=Sample+Group&same=on").await, "Sample");
    assert_eq!(
        identity("name=Sample+Group").await,
        "Sample",
        "no other name"
    );
    let page = browser.page("/settings").await.text;
    assert!(page.contains("First known as Sample."), "{page}");
    assert_eq!(identity("name=Buyer").await, "Buyer");
    let page = browser.page("/settings/webhooks").await.text;
    assert!(page.contains("One person agreed before this recipient was named"));
}
