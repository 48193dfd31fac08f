//! The reference of the API: for anybody, whole, and as the policy of the pages wants it.

use super::{hub, serve};
use crate::running::PREFIX;
use crate::scratch::Scratch;

#[tokio::test]
async fn anybody_may_read_the_reference() {
    let scratch = Scratch::sqlite();
    let service = serve(&scratch, &hub());
    let answer = service.get(&format!("{PREFIX}reference"));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        answer.header("content-security-policy").is_some_and(|policy| policy.contains("style-src 'self'"))
    );
    assert!(answer.body.contains(&format!("<code>{PREFIX}api/v1/presets/{{id}}</code>")));
    assert_eq!(answer.header("set-cookie"), None);
}
