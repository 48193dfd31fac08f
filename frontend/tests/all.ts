// What the tests of the page's evaluator need of it, in one piece.
export * from "../src/amounts";
export * from "../src/rules";
