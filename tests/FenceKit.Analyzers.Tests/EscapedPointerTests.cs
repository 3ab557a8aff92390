// SPDX-License-Identifier: MIT
namespace FenceKit.Analyzers.Tests;

public class EscapedPointerTests
{
    private static string Method(string result, string body) => $$"""
        private byte* _kept;
        public {{result}} Look(AddressRange range, byte* given, Span<byte> into, out byte* handedOut) { handedOut = null; {{body}} }
        """;

    [Theory]
    [InlineData("byte*", "using (_gate.Enter(range)) { return [|Find(range)|]; }")]
    [InlineData("byte*", "using (_gate.Enter(range)) { byte* found = Find(range); return [|found + 1|]; }")]
    [InlineData("byte*", "using ReaderScope scope = _gate.Enter(range); return [|Find(range)|];")]
    [InlineData("byte*", "if (!_gate.TryEnter(range, out ReaderScope scope)) { return null; } using (scope) { return [|_data|]; }")]
    [InlineData("Span<byte>", "using (_gate.Enter(range)) { return [|View(range)|]; }")]
    [InlineData("Span<byte>", "using (_gate.Enter(range)) { Span<byte> view = View(range); return [|view[1..]|]; }")]
    [InlineData("void", "using (_gate.Enter(range)) { _kept = [|Find(range)|]; }")]
    [InlineData("void", "using (_gate.Enter(range)) { handedOut = [|Find(range)|]; }")]
    [InlineData("byte", "byte* found; using (_gate.Enter(range)) { found = [|Find(range)|]; } return *found;")]
    public Task A_pointer_that_leaves_the_gate_is_reported(string result, string body) => Check.Rule<EscapedPointer>(Method(result, body));

    [Fact]
    public Task So_is_one_of_a_lease() => Check.Rule<EscapedPointer>("public byte* Look(ReaderLease lease) { using (lease) { return [|_data|]; } }");

    [Theory]
    [InlineData("byte", "using (_gate.Enter(range)) { return *Find(range); }")]
    [InlineData("byte", "using (_gate.Enter(range)) { return View(range)[0]; }")]
    [InlineData("byte[]", "using (_gate.Enter(range)) { return View(range).ToArray(); }")]
    [InlineData("byte*", "using (_gate.Enter(range)) { return given + 1; }")]
    [InlineData("Span<byte>", "using (_gate.Enter(range)) { View(range).CopyTo(into); return into[..1]; }")]
    [InlineData("byte*", "using (_gate.Enter(range)) { return null; }")]
    [InlineData("byte", "byte* found; byte value; using (_gate.Enter(range)) { found = Find(range); value = *found; } return value;")]
    [InlineData("byte*", "using (_orders.EnterScope()) { return Find(range); }")]
    [InlineData("nint", "using (_gate.Enter(range)) { return (nint)Find(range); }")]
    public Task What_stays_or_was_there_before_is_in_order(string result, string body) => Check.Rule<EscapedPointer>(Method(result, body));

    [Fact]
    public Task What_a_function_inside_returns_is_used_inside() => Check.Rule<EscapedPointer>("""
        public byte Look(AddressRange range)
        {
            using (_gate.Enter(range))
            {
                byte* Again() { return Find(range); }
                return *Again();
            }
        }
        """);
}
