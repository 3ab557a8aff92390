// SPDX-License-Identifier: MIT
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FenceKit.Lockdep.Formats;
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Reports;

/// <summary>A report that was written and read again is the same report; what is no report is refused with its place.</summary>
public sealed class ReadAgainTests
{
    private static readonly Func<LockReport, string>[] s_formats =
    [
        static report => report.ToJson(), static report => report.ToText(), static report => report.ToSarif(),
        static report => report.ToDot(), static report => report.ToMermaid(), static report => report.ToHtml(),
    ];

    [Fact]
    public void The_sample_gives_the_same_in_every_format() => CheckFormats(FormatTests.Sample());

    [Fact]
    public void A_report_with_stacks_gives_the_same_in_every_format()
    {
        var bench = new Bench(captureStacks: true);
        bench.Nest("A", "B", "C");
        bench.Nest("C", "A");
        bench.Validator.Release(new object());
        CheckFormats(LockReport.Create(bench.Validator, bench.Reports));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_reports_give_the_same_in_every_format(int seed)
    {
        var generator = new ReportGenerator(seed);
        for (int i = 0; i < 300; i++)
        {
            LockReport report = generator.Next();
            CheckFormats(report);
            LockReport again = LockReport.Parse(report.ToJson());
            Assert.Equal(report.ToSnapshot().Entries.Select(Readable).Order(), again.ToSnapshot().Entries.Select(Readable).Order());
            Assert.Equal(report.Violations.Select(Facts), again.Violations.Select(Facts));
        }

        // Half a character comes back as the six that it is written with.
        static (string From, string To, LockDependencyKinds Kinds) Readable(LockDependency entry) => (WellFormed.Of(entry.From), WellFormed.Of(entry.To), entry.Kinds);

        static object Facts(LockViolation violation) =>
            (violation.Kind, violation.Confidence, violation.RaisedFrom, WellFormed.Of(violation.Key), Place(violation.Lock), violation.HeldLocks.Count,
                Frames(violation.Stack), string.Join('|', violation.ClassNames.Select(WellFormed.Of)));

        static object? Place(HeldLock? held) => held is null ? null
            : (held.Class.IsDeclared, held.Subclass, held.Mode, held.Attempt, WellFormed.Of(held.Site?.File ?? ""), held.Site?.Line, Frames(held.Stack));

        static string Frames(IReadOnlyList<string> stack) => WellFormed.Of(string.Join(Environment.NewLine, stack));
    }

    [Fact]
    public void What_a_tool_put_beside_the_report_is_skipped()
    {
        JsonNode json = JsonNode.Parse(FormatTests.Sample().ToJson())!;
        json["run"] = new JsonObject { ["exitCode"] = 3, ["assemblies"] = new JsonArray(1, "two", null) };
        json["violations"]![0]!["suppressed"] = true;
        Assert.Equal(FormatTests.Sample().Violations.Count, LockReport.Parse(json.ToJsonString()).Violations.Count);
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{", "not JSON at line 1, byte")]
    [InlineData("{\n  \"version\": 1,\n  ?", "not JSON at line 3, byte 3")]
    [InlineData("[]", "the report is not an object")]
    [InlineData("{}", "the report lacks \"version\"")]
    [InlineData("{\"version\":2}", "version is 2; this version of FenceKit reads 1")]
    [InlineData("{\"version\":\"1\"}", "version is not a number")]
    [InlineData("{\"version\":1,\"version\":1}", "not JSON")]
    [InlineData("{\"version\":1,\"violations\":{}}", "violations is not an array")]
    [InlineData("{\"version\":1,\"violations\":[{}],\"dependencies\":[]}", "violations[0] lacks \"kind\"")]
    [InlineData("{\"version\":1,\"violations\":[{\"kind\":\"1\"}]}", "violations[0].kind is none of CircularDependency, ")]
    public void What_is_no_report_is_refused_with_its_place(string json, string expected) => AssertRefused(json, expected);

    [Theory]
    [InlineData("violations/0/confidence", "\"Certain, Likely\"", "violations[0].confidence is none of Possible, Likely, Certain")]
    [InlineData("violations/0/dependencies/1/held/mode", "\"sideways\"", "violations[0].dependencies[1].held.mode is none of \"exclusive\"")]
    [InlineData("violations/0/dependencies/1/held/class", "\" \"", "violations[0].dependencies[1].held.class is an empty name")]
    [InlineData("violations/0/dependencies/1/held/class", "\"a\\nb\"", "is a name with a control character")]
    [InlineData("violations/0/dependencies/1/held/subclass", "8", "subclass is not a whole number from 0 to 7")]
    [InlineData("violations/0/dependencies/1/held/subclass", "1", "class does not end with its subclass, /1")]
    [InlineData("violations/0/dependencies/1/held/line", "-1", "line is not a whole number from 0 to 2147483647")]
    [InlineData("violations/0/dependencies/1/held/line", "1.5", "line is not a whole number")]
    [InlineData("violations/0/dependencies/1/held/line", "1e99", "line is not a whole number")]
    [InlineData("violations/0/interleaving/steps/0/thread", "2", "violations[0].interleaving.steps[0].thread is not a whole number from 0 to 1")]
    [InlineData("violations/0/interleaving/threads", "[]", "violations[0].interleaving.steps[0].thread is not a whole number")]
    [InlineData("violations/0/message", "\"\\ud800\"", "violations[0].message holds half a character")]
    [InlineData("violations/0/message", "null", "violations[0].message is not a text")]
    [InlineData("dependencies/0/kinds", "\"None\"", "dependencies[0].kinds is not made of ExclusiveToRecursive, ")]
    [InlineData("dependencies/0/kinds", "\"15\"", "dependencies[0].kinds is not made of")]
    [InlineData("dependencies/0/evidence/allHeld", "[[]]", "dependencies[0].evidence.allHeld[0] is not an object")]
    public void A_wrong_value_is_refused_with_its_place(string path, string value, string expected) =>
        AssertRefused(Replace(FormatTests.Sample().ToJson(), path, value), expected);

    [Fact]
    public void Absurd_sizes_are_refused()
    {
        string sample = FormatTests.Sample().ToJson();
        AssertRefused(string.Concat(Enumerable.Repeat("[", 100_000)), "not JSON");
        AssertRefused(Replace(sample, "violations/0/message", $"\"{new string('x', JsonPlace.LongestText + 1)}\""), "is longer than 1048576 characters");
        AssertRefused(Replace(sample, "dependencies/0/from", $"\"{new string('x', 60_000)}\""), "dependencies[0].from is a name of more than");
        string threads = $"[{string.Join(',', Enumerable.Repeat("\"a thread with a name\"", 20_000))}]";
        string steps = $"[{string.Join(',', Enumerable.Repeat("{\"thread\":0,\"text\":\"waits\",\"hangs\":true}", 20_000))}]";
        AssertRefused(Replace(Replace(sample, "violations/0/interleaving/threads", threads), "violations/0/interleaving/steps", steps), "is a table of more than");
        Assert.Contains("longer than 10 characters", Assert.Throws<FormatException>(() => JsonReader.Read(sample, longest: 10)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_happens_to_a_file_gets_through_as_anything_but_a_format_error()
    {
        string sample = FormatTests.Sample().ToJson();
        var random = new Random(11);
        const string Bits = "{}[]\",:01-nulltruefalse \\u";
        int refused = 0, read = 0;
        for (int i = 0; i < 5_000; i++)
        {
            int at = random.Next(sample.Length);
            string text = random.Next(3) switch
            {
                0 => sample[..at],
                1 => sample.Remove(at, Math.Min(random.Next(1, 40), sample.Length - at)),
                _ => sample.Insert(at, Bits[random.Next(Bits.Length)].ToString()),
            };
            try
            {
                LockReport.Parse(text).ToText();
                read++;
            }
            catch (FormatException)
            {
                refused++;
            }
        }

        Assert.True(refused > 500 && read > 50, $"{refused} refused, {read} read");
    }

    [Fact]
    public void Whatever_stands_in_the_place_of_a_value_is_refused_or_can_be_written_in_every_format()
    {
        string sample = FormatTests.Sample().ToJson();
        string[] values = ["null", "-1", "7", "1e400", "\"\"", "\"x\"", "[]", "[1]", "{}", "true"];
        int refused = 0;
        IEnumerable<string> paths = PathsOf(JsonNode.Parse(sample)!, "").DistinctBy(static path => Regex.Replace(path, "[0-9]+", "0"));
        foreach (string path in paths)
        {
            foreach (string value in values)
            {
                try
                {
                    LockReport report = LockReport.Parse(Replace(sample, path, value));
                    Assert.All(s_formats, format => Assert.NotEmpty(format(report) + "."));
                }
                catch (FormatException error)
                {
                    Assert.StartsWith("The report cannot be read: ", error.Message, StringComparison.Ordinal);
                    refused++;
                }
            }
        }

        Assert.True(refused > 300, $"{refused} refused");
    }

    [Fact]
    public void Null_is_refused() => Assert.Throws<ArgumentNullException>("json", () => LockReport.Parse(null!));

    private static void CheckFormats(LockReport report)
    {
        LockReport again = LockReport.Parse(report.ToJson());
        Assert.All(s_formats, format => Assert.Equal(format(report), format(again)));
    }

    private static void AssertRefused(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => LockReport.Parse(json)).Message, StringComparison.Ordinal);

    private static string Replace(string json, string path, string value)
    {
        JsonNode root = JsonNode.Parse(json)!;
        JsonNode at = root;
        string[] parts = path.Split('/');
        foreach (string part in parts[..^1])
        {
            at = at is JsonArray items ? items[int.Parse(part, null)]! : at[part]!;
        }

        // A mark first: a node could not hold what is no JSON.
        string mark = JsonValue.Create("the mark")!.ToJsonString();
        if (at is JsonArray array)
        {
            array[int.Parse(parts[^1], null)] = "the mark";
        }
        else
        {
            at[parts[^1]] = "the mark";
        }

        return root.ToJsonString().Replace(mark, value, StringComparison.Ordinal);
    }

    private static IEnumerable<string> PathsOf(JsonNode node, string prefix)
    {
        IEnumerable<(string Name, JsonNode? Child)> children = node switch
        {
            JsonObject some => some.Select(static pair => (pair.Key, pair.Value)),
            JsonArray some => some.Select(static (child, i) => ($"{i}", child)),
            _ => [],
        };
        return children.SelectMany(child => PathsOf(child.Child ?? JsonValue.Create(0), $"{prefix}{child.Name}/").Prepend(prefix + child.Name));
    }
}
