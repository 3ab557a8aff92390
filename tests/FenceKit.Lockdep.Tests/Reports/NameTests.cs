// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Reports;

/// <summary>Whatever a class may be called, every format holds it, and nothing is lost on the way.</summary>
public sealed class NameTests
{
    // By number: what runs the tests could not hand half a character over.
    private static readonly string[] s_names =
    [
        "plain", "with blank", " blank at both ends ", "\"quoted\"", "back\\slash", "ends\\", "# remark", "->", "a -> b EN", "EN",
        "\\uD800", "\ud800", "x\udc00y", "\udc00\ud800", "\ud83d\udd12", "<b>&lt;</b>", "`code`", "#35;", "/*DATA*/null", "</script>", "a/1", "a/0",
        "x\u2028\u2029", "\ufeff", new string('x', 5_000), new string('\ud800', LockClass.MaxNameLength),
    ];

    public static TheoryData<int> Names => new(Enumerable.Range(0, s_names.Length));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_name_survives_every_format(int number)
    {
        string name = s_names[number];
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [new CollectingSink()] });
        (LockMap odd, LockMap other) = (new(LockClass.Create(name), name), new(LockClass.Create("other")));
        Nest(validator, odd, other);
        Nest(validator, other, odd);

        LockOrderSnapshot snapshot = validator.ExportSnapshot();
        string text = Encoding.UTF8.GetString(new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(snapshot.ToString()));
        Assert.Equal(snapshot.Entries, LockOrderSnapshot.Parse(text).Entries);
        Assert.Equal([name, "other"], snapshot.Entries.Select(static entry => entry.From).OrderBy(from => from == "other"));

        LockReport report = LockReport.Create(validator);
        Assert.Single(report.Violations);
        foreach (string format in (string[])[report.ToText(), report.ToJson(), report.ToSarif(), report.ToDot(), report.ToMermaid(), report.ToHtml()])
        {
            Assert.NotEmpty(new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(format));
        }

        string visible = WellFormed.Of(name);
        Assert.Contains(visible, report.ToText(), StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        Assert.Contains(json.RootElement.GetProperty("dependencies").EnumerateArray(), edge => edge.GetProperty("from").GetString() == visible);
        using JsonDocument sarif = JsonDocument.Parse(report.ToSarif());
        Assert.Contains(JsonEncodedText.Encode(visible).ToString(), report.ToSarif(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_primed_order_is_found_again_by_every_name(int number)
    {
        string name = s_names[number];
        var first = new LockValidator(new LockValidatorOptions { Sinks = [new CollectingSink()] });
        Nest(first, new LockMap(LockClass.Create(name)), new LockMap(LockClass.Create("other")));
        var second = new LockValidator(new LockValidatorOptions { Sinks = [new CollectingSink()] });
        second.Prime(LockOrderSnapshot.Parse(first.ExportSnapshot().ToString()));
        Nest(second, new LockMap(LockClass.Create("other")), new LockMap(LockClass.Create(name)));
        Assert.Equal(LockViolationKind.CircularDependency, Assert.Single(second.Violations).Kind);
        second.CheckInvariants();
    }

    [Fact]
    public void Two_classes_of_one_name_lose_no_dependency_between_them()
    {
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [new CollectingSink()] });
        (LockMap first, LockMap second, LockMap third) = (new(LockClass.Create("same")), new(LockClass.Create("same")), new(LockClass.Create("same")));
        Nest(validator, first, second);
        Nest(validator, second, third);
        LockOrderSnapshot snapshot = LockOrderSnapshot.Parse(validator.ExportSnapshot().ToString());
        Assert.Equal([("same", "same (2)"), ("same (2)", "same (3)")], snapshot.Entries.Select(static entry => (entry.From, entry.To)));

        var again = new LockValidator(new LockValidatorOptions { Sinks = [new CollectingSink()] });
        again.Prime(snapshot);
        (LockMap a, LockMap b) = (new(LockClass.Create("same")), new(LockClass.Create("same")));
        Nest(again, a, b);
        Assert.Empty(again.Violations);
        Nest(again, b, a);
        Assert.Single(again.Violations);
    }

    [Fact]
    public void A_class_that_is_called_like_the_subclass_of_another_loses_no_dependency()
    {
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [new CollectingSink()] });
        (LockMap plain, LockMap alike) = (new(LockClass.Create("a")), new(LockClass.Create("a/1")));
        validator.Acquire(plain, new LockAcquireOptions { Subclass = 1 });
        validator.Acquire(alike);
        validator.Release(alike);
        validator.Release(plain);
        LockDependency entry = Assert.Single(LockOrderSnapshot.Parse(validator.ExportSnapshot().ToString()).Entries);
        Assert.Equal(("a/1", "a/1 (2)"), (entry.From, entry.To));
    }

    [Fact]
    public void Both_directions_between_classes_of_one_name_are_drawn_as_the_circle_that_they_are()
    {
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [new CollectingSink()] });
        (LockMap first, LockMap second) = (new(LockClass.Create("same")), new(LockClass.Create("same")));
        Nest(validator, first, second);
        Nest(validator, second, first);
        string dot = LockReport.Create(validator).ToDot();
        Assert.Contains("\"same\" -> \"same (2)\" [color=red", dot, StringComparison.Ordinal);
        Assert.Contains("\"same (2)\" -> \"same\" [color=red", dot, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_no_snapshot_could_hold_is_refused_and_a_long_file_is_cut()
    {
        Assert.Throws<ArgumentException>("name", () => LockClass.Create(new string('x', LockClass.MaxNameLength + 1)));
        Assert.Throws<ArgumentException>("name", () => LockClass.Infer(new string('x', LockClass.MaxNameLength + 1)));
        Assert.True(LockClass.ForSite(null, new string('y', 20_000), 1).Name.Length <= LockClass.MaxNameLength);
    }

    [Fact]
    public void Half_a_character_in_any_text_of_a_user_reaches_a_file_and_not_the_caller()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.ToFile(path)] });
            validator.ReportProtocol(new LockMap(LockClass.Create("class \ud800"), "instance \udfff"), "message \udc00.");
            string text = File.ReadAllText(path);
            Assert.Contains("message \\uDC00.", text, StringComparison.Ordinal);
            Assert.Equal(0, validator.Statistics.SinkFailures);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Nest(LockValidator validator, LockMap outer, LockMap inner)
    {
        validator.Acquire(outer);
        validator.Acquire(inner);
        validator.Release(inner);
        validator.Release(outer);
    }
}
