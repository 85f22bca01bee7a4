import { TemplateLimitError, TemplateSyntaxError } from "../errors.ts";
import type {
  BinaryOperator,
  Call,
  CallArguments,
  CompareOperator,
  Const,
  Expr,
  FilterExpr,
  MacroShape,
  Parameter,
  Stmt,
  Target,
} from "./ast.ts";
import { type Token, type TokenType, tokenize } from "./lexer.ts";

/** Nesting of blocks, brackets and prefix operators in the source; keeps the parser's recursion bounded. */
const MAX_NESTING = 200;

const COMPARE = new Set(["==", "!=", "<", "<=", ">", ">="]);
const CONSTANTS: ReadonlyMap<string, Const["value"]> = new Map<string, Const["value"]>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);
/** Tokens that start the single bare argument of a test: `x is divisibleby 3`. */
const TEST_ARGUMENT: ReadonlySet<TokenType> = new Set(["name", "string", "integer", "float"]);

/** Parses a template. Throws TemplateSyntaxError, or TemplateLimitError where it is nested too deeply. */
export function parse(source: string): Stmt[] {
  return new Parser(tokenize(source)).template();
}

type StatementParser = (line: number) => Stmt;

class Parser {
  private readonly tokens: Token[];
  private position = 0;
  private nesting = 0;
  private loops = 0;
  /** Names read since the enclosing macro's body began. */
  private namesRead = new Set<string>();
  private readonly statements: ReadonlyMap<string, StatementParser>;

  constructor(tokens: Token[]) {
    this.tokens = tokens;
    this.statements = new Map<string, StatementParser>([
      ["for", (line) => this.forStatement(line)],
      ["if", (line) => this.ifStatement(line)],
      ["set", (line) => this.setStatement(line)],
      ["macro", (line) => this.macroStatement(line)],
      ["call", (line) => this.callStatement(line)],
      ["filter", (line) => this.filterStatement(line)],
      ["with", (line) => this.withStatement(line)],
      ["generation", (line) => this.generationStatement(line)],
      ["break", (line) => this.loopControl("break", line)],
      ["continue", (line) => this.loopControl("continue", line)],
    ]);
  }

  template(): Stmt[] {
    const body = this.body([]);
    return body;
  }

  // ---- tokens

  private get current(): Token {
    return this.tokens[this.position]!;
  }

  private next(): Token {
    const token = this.current;
    if (token.type !== "end") this.position++;
    return token;
  }

  private error(message: string, line = this.current.line): never {
    throw new TemplateSyntaxError(message, line);
  }

  private isName(name: string, ahead = 0): boolean {
    const token = this.tokens[this.position + ahead];
    return token?.type === "name" && token.value === name;
  }

  private isOperator(operator: string): boolean {
    return this.current.type === "operator" && this.current.value === operator;
  }

  private skipName(name: string): boolean {
    if (!this.isName(name)) return false;
    this.position++;
    return true;
  }

  private skipOperator(operator: string): boolean {
    if (!this.isOperator(operator)) return false;
    this.position++;
    return true;
  }

  private expectOperator(operator: string): void {
    if (!this.skipOperator(operator)) this.error(`expected '${operator}', got ${describe(this.current)}`);
  }

  private expectName(name: string): void {
    if (!this.skipName(name)) this.error(`expected '${name}', got ${describe(this.current)}`);
  }

  private expect(type: TokenType): Token {
    if (this.current.type !== type) {
      this.error(`expected ${TOKEN_NAMES[type] ?? type}, got ${describe(this.current)}`);
    }
    return this.next();
  }

  private nested<T>(parse: () => T): T {
    if (this.nesting >= MAX_NESTING) throw new TemplateLimitError("nesting", MAX_NESTING, this.current.line);
    this.nesting++;
    const result = parse();
    this.nesting--;
    return result;
  }

  // ---- statements

  /** Statements up to a block that starts with one of `ends`, whose name stays unread; `ends` empty: to the end. */
  private body(ends: readonly string[]): Stmt[] {
    const out: Stmt[] = [];
    for (;;) {
      const token = this.next();
      if (token.type === "text") out.push({ kind: "text", line: token.line, text: token.value });
      else if (token.type === "variable_begin") {
        out.push({ kind: "print", line: token.line, value: this.tupleOrExpression() });
        this.expect("variable_end");
      } else if (token.type === "block_begin") {
        if (this.current.type === "name" && ends.includes(this.current.value)) return out;
        out.push(this.nested(() => this.statement(ends)));
      } else {
        if (ends.length > 0) this.error(`unexpected end of template, expected '{% ${ends.join(" or ")} %}'`);
        return out;
      }
    }
  }

  private statement(ends: readonly string[]): Stmt {
    const name = this.expect("name");
    const parser = this.statements.get(name.value);
    if (parser === undefined) {
      const hint = ends.length > 0 ? `, expected '${ends.join("' or '")}'` : "";
      return this.error(`unknown tag '${name.value}'${hint}`, name.line);
    }
    const statement = parser(name.line);
    this.expect("block_end");
    return statement;
  }

  /** `%}` body `{% end`, leaving the closing `%}` to the caller. */
  private bodyUntil(end: string): Stmt[] {
    this.expect("block_end");
    const body = this.body([end]);
    this.expectName(end);
    return body;
  }

  private forStatement(line: number): Stmt {
    const target = this.target(["in"], false);
    this.expectName("in");
    const iterable = this.tupleOrExpression(false, ["recursive"]);
    const filter = this.skipName("if") ? this.expression() : null;
    const recursive = this.skipName("recursive");
    this.expect("block_end");
    this.loops++;
    const body = this.body(["else", "endfor"]);
    this.loops--;
    const otherwise = this.skipName("else") ? this.bodyOfElse("endfor") : [];
    this.expectName("endfor");
    return { kind: "for", line, target, iterable, filter, recursive, body, otherwise };
  }

  private bodyOfElse(end: string): Stmt[] {
    this.expect("block_end");
    return this.body([end]);
  }

  private ifStatement(line: number): Stmt {
    const branches: { test: Expr; body: Stmt[] }[] = [];
    do {
      const test = this.tupleOrExpression(false);
      this.expect("block_end");
      branches.push({ test, body: this.body(["elif", "else", "endif"]) });
    } while (this.skipName("elif"));
    const otherwise = this.skipName("else") ? this.bodyOfElse("endif") : [];
    this.expectName("endif");
    return { kind: "if", line, branches, otherwise };
  }

  private setStatement(line: number): Stmt {
    const target = this.target([], true);
    if (this.skipOperator("=")) return { kind: "set", line, target, value: this.tupleOrExpression() };
    const filter = this.isOperator("|") ? this.filters(null) : null;
    return { kind: "set-block", line, target, filter, body: this.bodyUntil("endset") };
  }

  private macroStatement(line: number): Stmt {
    const name = this.expect("name").value;
    if (CONSTANTS.has(name)) this.error(`cannot assign to '${name}'`, line);
    return { kind: "macro", line, name, shape: this.macroShape(this.parameters(), "endmacro") };
  }

  private callStatement(line: number): Stmt {
    const parameters = this.isOperator("(") ? this.parameters() : [];
    const call = this.expression();
    if (call.kind !== "call") return this.error("expected a call", line);
    return { kind: "call-block", line, call, shape: this.macroShape(parameters, "endcall") };
  }

  private macroShape(parameters: Parameter[], end: string): MacroShape {
    const outerNames = this.namesRead;
    const outerLoops = this.loops;
    this.namesRead = new Set();
    this.loops = 0;
    const body = this.bodyUntil(end);
    const names = this.namesRead;
    this.loops = outerLoops;
    this.namesRead = outerNames.union(names);
    const isParameter = (name: string) => parameters.some((p) => p.name === name);
    const uses = (name: string) => names.has(name) && !isParameter(name);
    return {
      parameters,
      body,
      usesVarargs: uses("varargs"),
      usesKwargs: uses("kwargs"),
      usesCaller: names.has("caller"),
    };
  }

  private parameters(): Parameter[] {
    const out: Parameter[] = [];
    this.expectOperator("(");
    while (!this.isOperator(")")) {
      if (out.length > 0) this.expectOperator(",");
      const name = this.expect("name").value;
      if (CONSTANTS.has(name)) this.error(`cannot assign to '${name}'`);
      const fallback = this.skipOperator("=") ? this.expression() : null;
      if (fallback === null && out.at(-1)?.fallback)
        this.error("non-default argument follows default argument");
      out.push({ name, fallback });
    }
    this.expectOperator(")");
    return out;
  }

  private filterStatement(line: number): Stmt {
    const filter = this.filters(null, true);
    return { kind: "filter-block", line, filter, body: this.bodyUntil("endfilter") };
  }

  private withStatement(line: number): Stmt {
    const bindings: { target: Target; value: Expr }[] = [];
    while (this.current.type !== "block_end") {
      if (bindings.length > 0) this.expectOperator(",");
      const target = this.target([], false);
      this.expectOperator("=");
      bindings.push({ target, value: this.expression() });
    }
    return { kind: "with", line, bindings, body: this.bodyUntil("endwith") };
  }

  /** transformers marks what the assistant generated; the text is rendered as it is, in a scope of its own. */
  private generationStatement(line: number): Stmt {
    return { kind: "with", line, bindings: [], body: this.bodyUntil("endgeneration") };
  }

  private loopControl(kind: "break" | "continue", line: number): Stmt {
    if (this.loops === 0) this.error(`'${kind}' outside of a loop`, line);
    return { kind, line };
  }

  private target(ends: readonly string[], allowNamespace: boolean): Target {
    const items: Target[] = [];
    let isTuple = false;
    for (;;) {
      if (this.isTupleEnd(ends) || this.isOperator("=")) break;
      items.push(this.nested(() => this.singleTarget(allowNamespace)));
      if (!this.skipOperator(",")) break;
      isTuple = true;
    }
    if (items.length === 0) this.error(`expected a name to assign to, got ${describe(this.current)}`);
    return isTuple ? { kind: "tuple", items } : items[0]!;
  }

  private singleTarget(allowNamespace: boolean): Target {
    if (this.skipOperator("(")) {
      const inner = this.target([], allowNamespace);
      this.expectOperator(")");
      return inner;
    }
    const name = this.expect("name");
    if (CONSTANTS.has(name.value)) this.error(`cannot assign to '${name.value}'`, name.line);
    if (allowNamespace && this.skipOperator(".")) {
      this.namesRead.add(name.value);
      return { kind: "namespace", name: name.value, attribute: this.expect("name").value };
    }
    return { kind: "name", name: name.value };
  }

  // ---- expressions, loosest binding first

  private isTupleEnd(ends: readonly string[]): boolean {
    const { type, value } = this.current;
    if (type === "variable_end" || type === "block_end" || this.isOperator(")")) return true;
    return type === "name" && ends.includes(value);
  }

  private tupleOrExpression(
    withConditional = true,
    ends: readonly string[] = [],
    inParentheses = false,
  ): Expr {
    const line = this.current.line;
    const items: Expr[] = [];
    let isTuple = false;
    while (!this.isTupleEnd(ends)) {
      items.push(withConditional ? this.expression() : this.or());
      if (!this.skipOperator(",")) break;
      isTuple = true;
    }
    if (!isTuple && items.length === 1) return items[0]!;
    if (!isTuple && !inParentheses) this.error(`expected an expression, got ${describe(this.current)}`);
    return { kind: "tuple", line, items };
  }

  private expression(): Expr {
    return this.nested(() => this.conditional());
  }

  private conditional(): Expr {
    const line = this.current.line;
    let expr = this.or();
    while (this.skipName("if")) {
      const test = this.or();
      const otherwise = this.skipName("else") ? this.expression() : null;
      expr = { kind: "conditional", line, test, value: expr, otherwise };
    }
    return expr;
  }

  private or(): Expr {
    let left = this.and();
    while (this.isName("or")) {
      const { line } = this.next();
      left = { kind: "logical", line, op: "or", left, right: this.and() };
    }
    return left;
  }

  private and(): Expr {
    let left = this.not();
    while (this.isName("and")) {
      const { line } = this.next();
      left = { kind: "logical", line, op: "and", left, right: this.not() };
    }
    return left;
  }

  private not(): Expr {
    if (!this.isName("not")) return this.compare();
    const { line } = this.next();
    return { kind: "unary", line, op: "not", operand: this.nested(() => this.not()) };
  }

  private compare(): Expr {
    const { line } = this.current;
    const first = this.sum();
    const rest: { op: CompareOperator; operand: Expr }[] = [];
    for (;;) {
      const op = this.compareOperator();
      if (op === null) break;
      rest.push({ op, operand: this.sum() });
    }
    return rest.length === 0 ? first : { kind: "compare", line, first, rest };
  }

  private compareOperator(): CompareOperator | null {
    if (this.current.type === "operator" && COMPARE.has(this.current.value)) {
      return this.next().value as CompareOperator;
    }
    if (this.skipName("in")) return "in";
    if (!this.isName("not") || !this.isName("in", 1)) return null;
    this.position += 2;
    return "not in";
  }

  private binary(operators: readonly BinaryOperator[], operand: () => Expr): Expr {
    let left = operand();
    while (
      this.current.type === "operator" &&
      (operators as readonly string[]).includes(this.current.value)
    ) {
      const { value, line } = this.next();
      left = { kind: "binary", line, op: value as BinaryOperator, left, right: operand() };
    }
    return left;
  }

  private sum(): Expr {
    return this.binary(["+", "-"], () => this.concat());
  }

  private concat(): Expr {
    const { line } = this.current;
    const items = [this.product()];
    while (this.skipOperator("~")) items.push(this.product());
    return items.length === 1 ? items[0]! : { kind: "concat", line, items };
  }

  private product(): Expr {
    return this.binary(["*", "/", "//", "%"], () => this.power());
  }

  private power(): Expr {
    return this.binary(["**"], () => this.unary(true));
  }

  private unary(withFilter: boolean): Expr {
    const { line } = this.current;
    let expr: Expr;
    if (this.isOperator("-") || this.isOperator("+")) {
      const op = this.next().value as "-" | "+";
      expr = { kind: "unary", line, op, operand: this.nested(() => this.unary(false)) };
    } else expr = this.primary();
    expr = this.postfix(expr);
    return withFilter ? this.filtersAndTests(expr) : expr;
  }

  private primary(): Expr {
    const token = this.next();
    const { line, type, value } = token;
    if (type === "name") {
      const constant = CONSTANTS.get(value);
      if (constant !== undefined) return { kind: "const", line, value: constant };
      this.namesRead.add(value);
      return { kind: "name", line, name: value };
    }
    if (type === "string") {
      let text = value;
      while (this.current.type === "string") text += this.next().value;
      return { kind: "const", line, value: text };
    }
    if (type === "integer") return { kind: "const", line, value: this.integer(value, line) };
    if (type === "float") return { kind: "const", line, value: Number(value) };
    if (type === "operator" && value === "(") {
      const inner = this.nested(() => this.tupleOrExpression(true, [], true));
      this.expectOperator(")");
      return inner;
    }
    if (type === "operator" && value === "[") return this.list(line);
    if (type === "operator" && value === "{") return this.dict(line);
    return this.error(`unexpected ${describe(token)}`, line);
  }

  /** 4300 digits is Python's own bound on converting text to an integer (sys.int_info). */
  private integer(text: string, line: number): bigint {
    if (text.length > 4300) this.error("the integer has more than 4300 digits", line);
    return BigInt(text);
  }

  private list(line: number): Expr {
    const items: Expr[] = [];
    while (!this.isOperator("]")) {
      if (items.length > 0) {
        this.expectOperator(",");
        if (this.isOperator("]")) break;
      }
      items.push(this.expression());
    }
    this.expectOperator("]");
    return { kind: "list", line, items };
  }

  private dict(line: number): Expr {
    const items: { key: Expr; value: Expr }[] = [];
    while (!this.isOperator("}")) {
      if (items.length > 0) {
        this.expectOperator(",");
        if (this.isOperator("}")) break;
      }
      const key = this.expression();
      this.expectOperator(":");
      items.push({ key, value: this.expression() });
    }
    this.expectOperator("}");
    return { kind: "dict", line, items };
  }

  private postfix(start: Expr): Expr {
    let expr = start;
    for (;;) {
      const { line } = this.current;
      if (this.skipOperator(".")) expr = this.attribute(expr, line);
      else if (this.skipOperator("[")) expr = this.subscript(expr, line);
      else if (this.isOperator("(")) expr = this.call(expr, line);
      else return expr;
    }
  }

  private attribute(target: Expr, line: number): Expr {
    const token = this.next();
    if (token.type === "name") return { kind: "attribute", line, target, name: token.value };
    if (token.type !== "integer") this.error(`expected a name or number, got ${describe(token)}`, line);
    const key: Const = { kind: "const", line, value: this.integer(token.value, line) };
    return { kind: "item", line, target, key };
  }

  private subscript(target: Expr, line: number): Expr {
    const start = this.isOperator(":") ? null : this.expression();
    if (this.isOperator(",")) {
      const items = [start ?? this.error("a slice cannot be part of a tuple")];
      while (this.skipOperator(",")) if (!this.isOperator("]")) items.push(this.expression());
      this.expectOperator("]");
      return { kind: "item", line, target, key: { kind: "tuple", line, items } };
    }
    if (start !== null && this.skipOperator("]")) return { kind: "item", line, target, key: start };
    this.expectOperator(":");
    const stop = this.isOperator(":") || this.isOperator("]") ? null : this.expression();
    const step = this.skipOperator(":") && !this.isOperator("]") ? this.expression() : null;
    this.expectOperator("]");
    return { kind: "slice", line, target, start, stop, step };
  }

  private call(target: Expr, line: number): Call {
    return { kind: "call", line, target, args: this.callArguments() };
  }

  private callArguments(): CallArguments {
    const args: CallArguments = { positional: [], named: [], spread: null, spreadNamed: null };
    let count = 0;
    this.expectOperator("(");
    while (!this.isOperator(")")) {
      if (count++ > 0) {
        this.expectOperator(",");
        if (this.isOperator(")")) break;
      }
      const allowed = args.spreadNamed === null;
      if (allowed && args.spread === null && this.skipOperator("*")) args.spread = this.expression();
      else if (allowed && this.skipOperator("**")) args.spreadNamed = this.expression();
      else if (allowed && this.current.type === "name" && this.isAssignmentAhead()) {
        const name = this.next().value;
        this.next();
        args.named.push({ name, value: this.expression() });
      } else if (allowed && args.spread === null && args.named.length === 0) {
        args.positional.push(this.expression());
      } else this.error("a positional argument follows a named one");
    }
    this.expectOperator(")");
    return args;
  }

  private isAssignmentAhead(): boolean {
    const token = this.tokens[this.position + 1];
    return token?.type === "operator" && token.value === "=";
  }

  private filtersAndTests(start: Expr): Expr {
    let expr = start;
    for (;;) {
      const { line } = this.current;
      if (this.isOperator("|")) expr = this.filters(expr);
      else if (this.skipName("is")) expr = this.test(expr, line);
      else if (this.isOperator("(")) expr = this.call(expr, line);
      else return expr;
    }
  }

  private dottedName(): string {
    let name = this.expect("name").value;
    while (this.skipOperator(".")) name += `.${this.expect("name").value}`;
    return name;
  }

  /** One or more filters; `inline`: the first has no `|` before it, as in `{% filter upper %}`. */
  private filters(target: Expr | null, inline = false): FilterExpr {
    let expr: Expr | null = target;
    let first = inline;
    do {
      if (!first) this.expectOperator("|");
      first = false;
      const { line } = this.current;
      const name = this.dottedName();
      expr = { kind: "filter", line, target: expr, name, args: this.optionalArguments() };
    } while (this.isOperator("|"));
    return expr;
  }

  private optionalArguments(): CallArguments {
    if (this.isOperator("(")) return this.callArguments();
    return { positional: [], named: [], spread: null, spreadNamed: null };
  }

  private test(target: Expr, line: number): Expr {
    const negated = this.skipName("not");
    const name = this.dottedName();
    const args = this.optionalArgumentsOfTest();
    const test: Expr = { kind: "test", line, target, name, args };
    return negated ? { kind: "unary", line, op: "not", operand: test } : test;
  }

  private optionalArgumentsOfTest(): CallArguments {
    if (this.isOperator("(")) return this.callArguments();
    const args: CallArguments = { positional: [], named: [], spread: null, spreadNamed: null };
    const starts = TEST_ARGUMENT.has(this.current.type) || this.isOperator("[") || this.isOperator("{");
    const isKeyword = ["else", "or", "and"].some((k) => this.isName(k));
    if (!starts || isKeyword) return args;
    if (this.isName("is")) this.error("tests cannot be chained with 'is'");
    args.positional.push(this.postfix(this.primary()));
    return args;
  }
}

const TOKEN_NAMES: Partial<Record<TokenType, string>> = {
  text: "text",
  block_begin: "'{%'",
  block_end: "'%}'",
  variable_begin: "'{{'",
  variable_end: "'}}'",
  name: "a name",
  string: "a string",
  end: "the end of the template",
};

function describe(token: Token): string {
  const named = TOKEN_NAMES[token.type];
  return named !== undefined && token.type !== "name" ? named : `'${token.value.slice(0, 60)}'`;
}
