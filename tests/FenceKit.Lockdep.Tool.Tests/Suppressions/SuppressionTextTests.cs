// SPDX-License-Identifier: MIT
using CsCheck;
using FenceKit.Lockdep.Tool.Suppressions;

namespace FenceKit.Lockdep.Tool.Tests.Suppressions;

public class SuppressionTextTests
{
    // Whatever an assembly may hold in a name, and what the format itself is made of.
    private static readonly Gen<string> s_names = Gen.OneOf<string>(
        Gen.OneOf<string>("->", "until", "because", "#", "# remark", "\"", "\\", "a -> b", "Cache`1<K, V>::_gate", "<>c__DisplayClass0_0", "\\u0041", "\ud800", "🔒", "a\nb", "\u2028", " "),
        Gen.String[1, 12],
        Gen.Char["ab \\\"#->u0041\t\n\r\u0085\u2028"].Array[1, 8].Select(static characters => new string(characters)));

    private static readonly Gen<string> s_reasons = Gen.String[1, 20]
        .Select(static text => text.ReplaceLineEndings(" ").Trim())
        .Where(static text => text.Length > 0 && text != SuppressionText.MissingReason);

    private static readonly Gen<Suppression> s_suppressions = Gen.Select(
        Gen.Enum<LockViolationKind>(),
        s_names.Array[1, 4].Where(static names => names.Length == names.Distinct().Count()),
        Gen.Nullable(Gen.Int[0, 3_000_000].Select(DateOnly.FromDayNumber)),
        s_reasons,
        static (kind, names, until, reason) => new Suppression(kind, names, until, reason, 1));

    [Fact]
    public void Whatever_classes_are_called_a_line_is_read_as_it_was_written() => s_suppressions.Sample(static written =>
    {
        string line = written.ToString();
        Suppression read = Assert.Single(SuppressionText.Read(line));
        Assert.Equal(written.Classes, read.Classes);
        Assert.Equal((written.Kind, written.Until, written.Reason, 1), (read.Kind, read.Until, read.Reason, read.Line));
        Assert.Equal(line, read.ToString());
    }, iter: 5_000);

    [Fact]
    public void No_name_leaves_its_line() => s_suppressions.Array[0, 5].Sample(static written =>
    {
        string text = string.Join("\n", written.Select(static line => $"# remark\n{line}\r\n"));
        Assert.Equal(written.Select(static line => line.Classes), SuppressionText.Read(text).Select(static line => line.Classes));
    }, iter: 1_000);

    [Fact]
    public void Random_text_is_read_or_refused_with_its_line() => Gen.Char["ab \\\"#->:CircularDependencyuntil20270331because\n\t"].Array[0, 60].Sample(static characters =>
    {
        try
        {
            SuppressionText.Read("CircularDependency " + new string(characters));
        }
        catch (FormatException error)
        {
            Assert.Matches("^Line [0-9]+ of the suppressions cannot be read: ", error.Message);
        }
    }, iter: 5_000);

    [Theory]
    [InlineData("CircularDependency A -> B -> A because it is only taken at the start", "A|B", null)]
    [InlineData("CircularDependency A -> B because it is only taken at the start", "A|B", null)]
    [InlineData("CircularDependency A -> A because two accounts are locked by number", "A", null)]
    [InlineData("  Recursion\t\"Cache`1<K, V>::_gate\"   until 2027-03-31   because  it waits for #12  ", "Cache`1<K, V>::_gate", "2027-03-31")]
    [InlineData("Recursion \"->\" because of the name", "->", null)]
    [InlineData("HeldOverAwait until_now because until now nobody minded", "until_now", null)]
    public void A_line_that_a_person_wrote_is_read(string line, string classes, string? until)
    {
        Suppression read = Assert.Single(SuppressionText.Read(line));
        Assert.Equal(classes.Split('|'), read.Classes);
        Assert.Equal(until, read.Until?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("Circular A -> B because r", "Line 3 of the suppressions cannot be read: \"Circular\" is none of CircularDependency, Recursion, ")]
    [InlineData("1 A because r", "\"1\" is none of")]
    [InlineData("Recursion", "the name of a class is missing")]
    [InlineData("Recursion because r", "the name of a class is missing")]
    [InlineData("CircularDependency A -> because r", "the name of a class is missing")]
    [InlineData("CircularDependency A -> -> B because r", "the name of a class is missing")]
    [InlineData("Recursion A", "it ends without \"because\" and a reason")]
    [InlineData("Recursion A because", "say after \"because\" why the finding may stay")]
    [InlineData("Recursion A because ...", "say after \"because\" why the finding may stay")]
    [InlineData("Recursion Cache<K, V> because r", "\"V>\" is in the way: after a class comes")]
    [InlineData("Recursion \"A because r", "a quoted name does not end")]
    [InlineData("Recursion \"A\"B because r", "after a quoted name comes a blank")]
    [InlineData("Recursion \"A\\n\" because r", "in a quoted name a backslash stands before")]
    [InlineData("Recursion \"A\\u00", "in a quoted name a backslash stands before")]
    [InlineData("Recursion A until tomorrow because r", "after \"until\" comes a day like 2027-03-31, not \"tomorrow\"")]
    [InlineData("Recursion A until 2027-02-30 because r", "not \"2027-02-30\"")]
    [InlineData("Recursion A until because r", "not \"because\"")]
    public void A_wrong_line_is_refused_with_its_number_and_what_is_wrong(string line, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => SuppressionText.Read($"# remark\n\n{line}\n")).Message, StringComparison.Ordinal);
}
