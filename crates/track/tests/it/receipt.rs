//! "I have read this".

use crate::site::Site;
use axum::http::StatusCode;

#[tokio::test]
async fn a_receipt_is_a_press_in_every_mode_and_counts_once() {
    for site in [Site::tracked().await, Site::untracked().await] {
        let page = site.get(&site.receipt()).await;
        assert!(
            page.text()
                .contains("Tell Ann Lee that you have read this mail?")
        );
        assert!(page.text().contains("Your offer"));
        let rows = site.rows();
        assert_eq!(rows.last(), Some(&0));
        for _ in 0..2 {
            let answer = site.post(&site.receipt(), "").await;
            assert_eq!(answer.status, StatusCode::OK);
            assert!(answer.text().contains("Thank you"));
        }
        assert_eq!(site.rows().last(), Some(&1));
        let copy = site.around().await.copy;
        assert_eq!(copy.tick(), model::Tick::Read);
        assert!(site.get(&site.receipt()).await.text().contains("Thank you"));
        assert!(
            site.get(&site.person())
                .await
                .text()
                .contains("You said yourself that you have read this mail.")
        );
        assert!(site.hits().await.is_empty());
    }
}

#[tokio::test]
async fn a_wrong_receipt_link_is_a_page_for_nothing() {
    let site = Site::tracked().await;
    for token in [
        site.ring.person(site.copy),
        site.ring.receipt(model::CopyId([9; 16])),
    ] {
        assert_eq!(
            site.get(&format!("/r/{token}")).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            site.post(&format!("/r/{token}"), "").await.status,
            StatusCode::NOT_FOUND
        );
    }
}
