// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Tests;

public class PrintableTests
{
    [Theory]
    [InlineData("plain ä 🔒 [red]", "plain ä 🔒 [red]")]
    [InlineData("\u001b[2Jgone", "\\u001B[2Jgone")]
    [InlineData("a\nb\tc\u0085d", "a\\u000Ab\\u0009c\\u0085d")]
    [InlineData("a\u202eb\u2066c\u2028d", "a\\u202Eb\\u2066c\\u2028d")]
    public void What_would_steer_a_terminal_is_written_out(string text, string shown) => Assert.Equal(shown, Printable.Of(text));
}
