// SPDX-License-Identifier: MIT
using FenceKit.Analyzers.CodeFixes;

namespace FenceKit.Analyzers.Tests;

public class ForgottenFenceTests
{
    private static string Method(string body) => $$"""
        private bool TryNext(out Fence next) { next = _timeline.Issue(); return true; }
        public bool TryStop(AddressRange range, out Fence fence) { {{body}} }
        """;

    [Theory]
    [InlineData("fence = default; if (range.IsEmpty) { [|return true;|] } fence = _timeline.Issue(); return true;")]
    [InlineData("fence = default(Fence); if (range.Length > 5) { fence = _timeline.Issue(); } [|return true;|]")]
    [InlineData("fence = default; switch (range.Length) { case 1: fence = _timeline.Issue(); return true; case 2: [|return true;|] default: return false; }")]
    [InlineData("fence = default; if (range.IsEmpty) { [|return true;|] } return TryNext(out fence);")]
    public Task A_first_value_that_some_path_forgets_is_told(string body) => Check.Rule<ForgottenFence>(Method(body));

    [Theory]
    [InlineData("fence = default; return true;")]
    [InlineData("fence = default; if (range.IsEmpty) { return false; } fence = _timeline.Issue(); return true;")]
    [InlineData("if (range.IsEmpty) { fence = default; return true; } fence = _timeline.Issue(); return true;")]
    [InlineData("fence = default; if (range.IsEmpty) { fence = Fence.AlreadySignaled; return true; } fence = _timeline.Issue(); return true;")]
    [InlineData("fence = Fence.AlreadySignaled; if (range.Length > 5) { fence = _timeline.Issue(); } return true;")]
    [InlineData("fence = default; if (range.Length > 5) { fence = _timeline.Issue(); } return _count > 0;")]
    public Task What_was_meant_is_in_order(string body) => Check.Rule<ForgottenFence>(Method(body));

    [Fact]
    public Task Other_results_are_not_judged() => Check.Rule<ForgottenFence>("""
        public DeviceSubmitStatus Go(out Fence fence)
        {
            fence = default;
            if (_count > 0) { return DeviceSubmitStatus.Full; }
            fence = _timeline.Issue();
            return DeviceSubmitStatus.Submitted;
        }
        """);

    [Fact]
    public Task The_fix_says_that_there_is_nothing_to_wait_for() => Check.Fix<ForgottenFence, MeantFenceFix>("""
            public bool TryStop(AddressRange range, out Fence fence)
            {
                fence = default;
                if (range.IsEmpty)
                {
                    [|return true;|]
                }

                if (range.Length > 5)
                {
                    // Too long to be in use.
                    [|return true;|]
                }

                fence = _timeline.Issue();
                return true;
            }
        """, """
            public bool TryStop(AddressRange range, out Fence fence)
            {
                fence = default;
                if (range.IsEmpty)
                {
                    fence = Fence.AlreadySignaled;
                    return true;
                }

                if (range.Length > 5)
                {
                    // Too long to be in use.
                    fence = Fence.AlreadySignaled;
                    return true;
                }

                fence = _timeline.Issue();
                return true;
            }
        """);
}
