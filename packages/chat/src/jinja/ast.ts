/** `op` of a binary expression. */
export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
/** `op` of one link of a comparison chain. */
export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export interface CallArguments {
  positional: Expr[];
  named: { name: string; value: Expr }[];
  /** `*expr` */
  spread: Expr | null;
  /** `**expr` */
  spreadNamed: Expr | null;
}

interface Node<K extends string> {
  kind: K;
  /** 1-based line in the template. */
  line: number;
}

export interface Const extends Node<"const"> {
  value: null | boolean | bigint | number | string;
}
export interface Name extends Node<"name"> {
  name: string;
}
export interface ListExpr extends Node<"list"> {
  items: Expr[];
}
export interface TupleExpr extends Node<"tuple"> {
  items: Expr[];
}
export interface DictExpr extends Node<"dict"> {
  items: { key: Expr; value: Expr }[];
}
export interface Attribute extends Node<"attribute"> {
  target: Expr;
  name: string;
}
export interface Item extends Node<"item"> {
  target: Expr;
  key: Expr;
}
export interface Slice extends Node<"slice"> {
  target: Expr;
  start: Expr | null;
  stop: Expr | null;
  step: Expr | null;
}
export interface Call extends Node<"call"> {
  target: Expr;
  args: CallArguments;
}
export interface FilterExpr extends Node<"filter"> {
  /** null: the text of the enclosing filter or set block. */
  target: Expr | null;
  name: string;
  args: CallArguments;
}
export interface TestExpr extends Node<"test"> {
  target: Expr;
  name: string;
  args: CallArguments;
}
export interface Unary extends Node<"unary"> {
  op: "not" | "-" | "+";
  operand: Expr;
}
export interface Binary extends Node<"binary"> {
  op: BinaryOperator;
  left: Expr;
  right: Expr;
}
export interface Concat extends Node<"concat"> {
  items: Expr[];
}
export interface Logical extends Node<"logical"> {
  op: "and" | "or";
  left: Expr;
  right: Expr;
}
export interface Compare extends Node<"compare"> {
  first: Expr;
  rest: { op: CompareOperator; operand: Expr }[];
}
export interface Conditional extends Node<"conditional"> {
  test: Expr;
  value: Expr;
  otherwise: Expr | null;
}

export type Expr =
  | Const
  | Name
  | ListExpr
  | TupleExpr
  | DictExpr
  | Attribute
  | Item
  | Slice
  | Call
  | FilterExpr
  | TestExpr
  | Unary
  | Binary
  | Concat
  | Logical
  | Compare
  | Conditional;

/** What an assignment writes: a name, an attribute of a namespace, or a tuple of those. */
export type Target =
  | { kind: "name"; name: string }
  | { kind: "namespace"; name: string; attribute: string }
  | { kind: "tuple"; items: Target[] };

export interface Parameter {
  name: string;
  fallback: Expr | null;
}

/** Parameters and body of a macro or of a call block's `caller`. */
export interface MacroShape {
  parameters: Parameter[];
  body: Stmt[];
  /** The body mentions `varargs`, `kwargs`, `caller`. */
  usesVarargs: boolean;
  usesKwargs: boolean;
  usesCaller: boolean;
}

export interface Text extends Node<"text"> {
  text: string;
}
export interface Print extends Node<"print"> {
  value: Expr;
}
export interface For extends Node<"for"> {
  target: Target;
  iterable: Expr;
  filter: Expr | null;
  recursive: boolean;
  body: Stmt[];
  otherwise: Stmt[];
}
export interface If extends Node<"if"> {
  branches: { test: Expr; body: Stmt[] }[];
  otherwise: Stmt[];
}
export interface Set extends Node<"set"> {
  target: Target;
  value: Expr;
}
export interface SetBlock extends Node<"set-block"> {
  target: Target;
  filter: FilterExpr | null;
  body: Stmt[];
}
export interface Macro extends Node<"macro"> {
  name: string;
  shape: MacroShape;
}
export interface CallBlock extends Node<"call-block"> {
  call: Call;
  shape: MacroShape;
}
export interface FilterBlock extends Node<"filter-block"> {
  filter: FilterExpr;
  body: Stmt[];
}
export interface With extends Node<"with"> {
  bindings: { target: Target; value: Expr }[];
  body: Stmt[];
}
export interface Break extends Node<"break"> {}
export interface Continue extends Node<"continue"> {}

export type Stmt =
  | Text
  | Print
  | For
  | If
  | Set
  | SetBlock
  | Macro
  | CallBlock
  | FilterBlock
  | With
  | Break
  | Continue;
