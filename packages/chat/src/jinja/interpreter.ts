import { arithmetic, concat, negate, positive } from "./arithmetic.ts";
import type { CallArguments, CompareOperator, Expr, MacroShape, Stmt, Target } from "./ast.ts";
import { fail } from "./fault.ts";
import { runFilter } from "./filters.ts";
import { filtered, newLoop } from "./loop.ts";
import { collect, payToRead, type Runtime, undefinedName } from "./runtime.ts";
import { getAttribute, getItem, getSlice } from "./subscript.ts";
import { contains, runTest } from "./tests.ts";
import { str } from "./text.ts";
import {
  type Arguments,
  Callable,
  compare,
  Dict,
  equals,
  isTrue,
  iterate,
  Namespace,
  Native,
  orElse,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** Names and values of a block, and the block around it. */
export class Scope {
  readonly variables = new Map<string, Value>();
  readonly parent: Scope | null;
  /** Blocks around it. */
  readonly depth: number;
  constructor(parent: Scope | null) {
    this.parent = parent;
    this.depth = parent === null ? 0 : parent.depth + 1;
  }

  lookup(name: string): Value | undefined {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      const value = scope.variables.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

/** Text under construction. */
interface Output {
  text: string;
}

/** How a run of statements ended. */
type Completion = "normal" | "break" | "continue";

/** Renders a parsed template; `scope` holds the variables given to it. */
export function execute(body: readonly Stmt[], scope: Scope, rt: Runtime): string {
  return capture(body, scope, rt);
}

function capture(body: readonly Stmt[], scope: Scope, rt: Runtime): string {
  const out: Output = { text: "" };
  run(body, scope, rt, out);
  return out.text;
}

function write(out: Output, text: string, rt: Runtime): void {
  rt.budget.concat(out.text.length + text.length);
  out.text += text;
}

// ---- statements

function run(body: readonly Stmt[], scope: Scope, rt: Runtime, out: Output): Completion {
  rt.budget.enter();
  for (const statement of body) {
    rt.budget.spend(1);
    rt.line = statement.line;
    const done = (STATEMENTS[statement.kind] as Statement<Stmt>)(statement, scope, rt, out);
    if (done !== "normal") {
      rt.budget.leave();
      return done;
    }
  }
  rt.budget.leave();
  return "normal";
}

type Statement<S extends Stmt> = (statement: S, scope: Scope, rt: Runtime, out: Output) => Completion;

const STATEMENTS: { [K in Stmt["kind"]]: Statement<Extract<Stmt, { kind: K }>> } = {
  text: (s, _, rt, out) => {
    write(out, s.text, rt);
    return "normal";
  },
  print: (s, scope, rt, out) => {
    write(out, str(evaluate(s.value, scope, rt), rt.budget), rt);
    return "normal";
  },
  for: (s, scope, rt, out) => {
    const iterable = evaluate(s.iterable, scope, rt);
    return loop(s, iterable, scope, rt, out, 0);
  },
  if: (s, scope, rt, out) => {
    for (const { test, body } of s.branches) {
      if (isTrue(evaluate(test, scope, rt))) return run(body, scope, rt, out);
    }
    return run(s.otherwise, scope, rt, out);
  },
  set: (s, scope, rt) => {
    assign(s.target, evaluate(s.value, scope, rt), scope, rt);
    return "normal";
  },
  "set-block": (s, scope, rt) => {
    const inner = new Scope(scope);
    const text = capture(s.body, inner, rt);
    assign(s.target, s.filter === null ? text : applyFilters(s.filter, text, scope, rt), scope, rt);
    return "normal";
  },
  macro: (s, scope, rt) => {
    scope.variables.set(s.name, macro(s.name, s.shape, scope, rt));
    return "normal";
  },
  "call-block": (s, scope, rt, out) => {
    const args = evaluateArguments(s.call.args, scope, rt);
    args.named.set("caller", macro("caller", s.shape, scope, rt));
    write(out, str(call(evaluate(s.call.target, scope, rt), args), rt.budget), rt);
    return "normal";
  },
  "filter-block": (s, scope, rt, out) => {
    const text = capture(s.body, new Scope(scope), rt);
    write(out, str(applyFilters(s.filter, text, scope, rt), rt.budget), rt);
    return "normal";
  },
  with: (s, scope, rt, out) => {
    const inner = new Scope(scope);
    for (const { target, value } of s.bindings) assign(target, evaluate(value, scope, rt), inner, rt);
    return run(s.body, inner, rt, out);
  },
  break: () => "break",
  continue: () => "continue",
};

function loop(
  s: Extract<Stmt, { kind: "for" }>,
  iterable: Value,
  scope: Scope,
  rt: Runtime,
  out: Output,
  depth: number,
): Completion {
  const { filter } = s;
  const holds = (item: Value): boolean => {
    const inner = new Scope(scope);
    assign(s.target, item, inner, rt);
    return isTrue(evaluate(filter!, inner, rt));
  };
  const text = textOf(iterable);
  if (text !== null) rt.budget.text(text.length);
  payToRead([iterable], rt.budget);
  const iterator = filter === null ? iterate(iterable) : filtered(iterable, holds);
  const recurse = ({ positional }: Arguments): Value => {
    if (positional.length !== 1) fail("loop() takes one argument");
    const inner: Output = { text: "" };
    loop(s, positional[0]!, scope, rt, inner, depth + 1);
    return inner.text;
  };
  const source = filter === null ? iterable : null;
  const state = newLoop(source, iterator, depth, s.recursive ? recurse : null, rt);
  let any = false;
  while (state.next()) {
    any = true;
    const inner = new Scope(scope);
    inner.variables.set("loop", state.variable);
    assign(s.target, state.current(), inner, rt);
    if (run(s.body, inner, rt, out) === "break") break;
  }
  return any ? "normal" : run(s.otherwise, new Scope(scope), rt, out);
}

function assign(target: Target, value: Value, scope: Scope, rt: Runtime): void {
  if (target.kind === "name") {
    scope.variables.set(target.name, value);
    return;
  }
  if (target.kind === "namespace") {
    const namespace = lookup(target.name, scope, rt);
    if (!(namespace instanceof Namespace)) fail("cannot assign attribute on non-namespace object");
    (namespace as Namespace).attributes.set(target.attribute, value);
    return;
  }
  const items = collect(iterate(value), rt.budget);
  if (items.length !== target.items.length) {
    fail(`cannot unpack ${items.length} values into ${target.items.length} names`);
  }
  target.items.forEach((each, i) => {
    assign(each, items[i]!, scope, rt);
  });
}

function macro(name: string, shape: MacroShape, defined: Scope, rt: Runtime): Callable {
  const what = `macro '${name}'`;
  const known = new Set(shape.parameters.map((p) => p.name));
  return new Callable("Macro", name, ({ positional, named }) => {
    const scope = new Scope(defined);
    const extra = new Dict();
    for (const [key, value] of named) {
      if (known.has(key)) continue;
      if (key === "caller" && shape.usesCaller) scope.variables.set(key, value);
      else if (key === "caller") fail(`${what} was invoked with two values for the special caller argument`);
      else if (shape.usesKwargs) extra.set(key, value);
      else fail(`${what} takes no keyword argument '${key}'`);
    }
    if (positional.length > shape.parameters.length && !shape.usesVarargs) {
      fail(`${what} takes not more than ${shape.parameters.length} argument(s)`);
    }
    shape.parameters.forEach(({ name: parameter, fallback }, i) => {
      if (i < positional.length && named.has(parameter)) fail(`${what} got two values for '${parameter}'`);
      const given = i < positional.length ? positional[i] : named.get(parameter);
      const missing = () =>
        fallback === null
          ? new Undefined(`parameter '${parameter}' was not provided`)
          : evaluate(fallback, scope, rt);
      scope.variables.set(parameter, orElse(given, missing));
    });
    if (shape.usesCaller && !scope.variables.has("caller")) {
      scope.variables.set("caller", new Undefined("No caller defined"));
    }
    if (shape.usesKwargs) scope.variables.set("kwargs", extra);
    if (shape.usesVarargs)
      scope.variables.set("varargs", new Tuple(positional.slice(shape.parameters.length)));
    return capture(shape.body, scope, rt);
  });
}

// ---- expressions

function lookup(name: string, scope: Scope, rt: Runtime): Value {
  rt.budget.spend(scope.depth >>> 3);
  return orElse(scope.lookup(name), () => orElse(rt.globals.get(name), () => undefinedName(name)));
}

function evaluate(expr: Expr, scope: Scope, rt: Runtime): Value {
  rt.budget.enter();
  rt.budget.spend(1);
  rt.line = expr.line;
  const value = (EXPRESSIONS[expr.kind] as Evaluator<Expr>)(expr, scope, rt);
  rt.budget.leave();
  return value;
}

type Evaluator<E extends Expr> = (expr: E, scope: Scope, rt: Runtime) => Value;

const EXPRESSIONS: { [K in Expr["kind"]]: Evaluator<Extract<Expr, { kind: K }>> } = {
  const: (e) => e.value,
  name: (e, scope, rt) => lookup(e.name, scope, rt),
  list: (e, scope, rt) => e.items.map((item) => evaluate(item, scope, rt)),
  tuple: (e, scope, rt) => new Tuple(e.items.map((item) => evaluate(item, scope, rt))),
  dict: (e, scope, rt) => {
    const out = new Dict();
    for (const { key, value } of e.items) {
      const name = evaluate(key, scope, rt);
      payToRead([name], rt.budget);
      out.set(name, evaluate(value, scope, rt));
    }
    return out;
  },
  attribute: (e, scope, rt) => getAttribute(evaluate(e.target, scope, rt), e.name, rt),
  item: (e, scope, rt) => getItem(evaluate(e.target, scope, rt), evaluate(e.key, scope, rt), rt),
  slice: (e, scope, rt) => {
    const part = (bound: Expr | null) => (bound === null ? null : evaluate(bound, scope, rt));
    return getSlice(evaluate(e.target, scope, rt), part(e.start), part(e.stop), part(e.step), rt);
  },
  call: (e, scope, rt) => {
    const target = evaluate(e.target, scope, rt);
    const args = evaluateArguments(e.args, scope, rt);
    payToRead(args.positional, rt.budget);
    const value = call(target, args);
    rt.line = e.line;
    return value;
  },
  filter: (e, scope, rt) => {
    const target = evaluate(e.target!, scope, rt);
    return runFilter(e.name, target, evaluateArguments(e.args, scope, rt), rt);
  },
  test: (e, scope, rt) => {
    const target = evaluate(e.target, scope, rt);
    return runTest(e.name, target, evaluateArguments(e.args, scope, rt), rt);
  },
  unary: (e, scope, rt) => {
    const value = evaluate(e.operand, scope, rt);
    if (e.op === "not") return !isTrue(value);
    return e.op === "-" ? negate(value) : positive(value);
  },
  binary: (e, scope, rt) =>
    arithmetic(e.op, evaluate(e.left, scope, rt), evaluate(e.right, scope, rt), rt.budget),
  concat: (e, scope, rt) => {
    const values = e.items.map((item) => evaluate(item, scope, rt));
    const texts = values.map((value) => str(value, rt.budget));
    return concat(texts, rt.budget);
  },
  logical: (e, scope, rt) => {
    const left = evaluate(e.left, scope, rt);
    return isTrue(left) === (e.op === "and") ? evaluate(e.right, scope, rt) : left;
  },
  compare: (e, scope, rt) => {
    let left = evaluate(e.first, scope, rt);
    for (const { op, operand } of e.rest) {
      const right = evaluate(operand, scope, rt);
      if (!COMPARISONS[op](left, right, rt)) return false;
      left = right;
    }
    return true;
  },
  conditional: (e, scope, rt) => {
    if (isTrue(evaluate(e.test, scope, rt))) return evaluate(e.value, scope, rt);
    if (e.otherwise !== null) return evaluate(e.otherwise, scope, rt);
    return new Undefined("the inline if-expression evaluated to false and no else section was defined.");
  },
};

const COMPARISONS: Record<CompareOperator, (a: Value, b: Value, rt: Runtime) => boolean> = {
  "==": (a, b, rt) => equals(a, b, rt.budget),
  "!=": (a, b, rt) => !equals(a, b, rt.budget),
  "<": (a, b, rt) => compare(a, b, "<", rt.budget) < 0,
  "<=": (a, b, rt) => compare(a, b, "<=", rt.budget) <= 0,
  ">": (a, b, rt) => compare(a, b, ">", rt.budget) > 0,
  ">=": (a, b, rt) => compare(a, b, ">=", rt.budget) >= 0,
  in: (a, b, rt) => contains(b, a, rt),
  "not in": (a, b, rt) => !contains(b, a, rt),
};

/** A chain of filters over `text`, the innermost of which has no target. */
function applyFilters(expr: Expr, text: Value, scope: Scope, rt: Runtime): Value {
  if (expr.kind !== "filter") return evaluate(expr, scope, rt);
  const target = expr.target === null ? text : applyFilters(expr.target, text, scope, rt);
  rt.line = expr.line;
  return runFilter(expr.name, target, evaluateArguments(expr.args, scope, rt), rt);
}

function evaluateArguments(args: CallArguments, scope: Scope, rt: Runtime): Arguments {
  const positional = args.positional.map((arg) => evaluate(arg, scope, rt));
  const named = new Map<string, Value>();
  for (const { name, value } of args.named) {
    if (named.has(name)) fail(`keyword argument repeated: ${name}`);
    named.set(name, evaluate(value, scope, rt));
  }
  if (args.spread !== null) {
    for (const item of collect(iterate(evaluate(args.spread, scope, rt)), rt.budget)) positional.push(item);
  }
  if (args.spreadNamed !== null) {
    const dict = evaluate(args.spreadNamed, scope, rt);
    if (!(dict instanceof Dict)) fail(`the argument after ** must be a mapping, not ${typeName(dict)}`);
    for (const [key, value] of (dict as Dict).entries()) {
      named.set(textOf(key) ?? fail("keywords must be strings"), value);
    }
  }
  return { positional, named };
}

function call(target: Value, args: Arguments): Value {
  if (target instanceof Undefined) fail(target.message);
  if (target instanceof Callable) return target.call(args);
  if (target instanceof Native && target.call !== null) return target.call(args);
  return fail(`'${typeName(target)}' object is not callable`);
}
