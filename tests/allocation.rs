//! What embedding takes from the heap: nothing, once the buffers are there.

use std::sync::Arc;

use shared::Encoder;

use crate::fixtures::base_model;

#[test]
fn a_text_is_embedded_without_allocation() {
    let Some(prepared) = base_model() else { return };
    let mut encoder = Encoder::new(Arc::clone(&prepared.model));
    let mut vector = vec![0.0; prepared.model.meta().architecture.dim];
    let long = "Spin glasses, Übergänge und 自旋玻璃; x² ≤ ½. ".repeat(60);
    let first = allocation_counter::measure(|| {
        encoder
            .embed_into(&long, &mut vector, &mut ())
            .expect("it has words");
    });
    let texts = ["a", "Ising", "Non-abelian Chern–Simons theory", &long];
    for text in texts {
        let taken = allocation_counter::measure(|| {
            encoder
                .embed_into(text, &mut vector, &mut ())
                .expect("it has words");
        });
        assert_eq!(
            (taken.count_total, taken.bytes_total),
            (0, 0),
            "{} bytes of text, after the longest; that one took {first:?}",
            text.len()
        );
    }
}
