// SPDX-License-Identifier: MIT
using System.Diagnostics.Tracing;
using System.Text.Json;
using System.Text.RegularExpressions;
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Reports;

/// <summary>Texts against files in Golden/. FENCEKIT_GOLDEN=1 writes them anew.</summary>
public sealed partial class FormatTests
{
    private static readonly LockSite s_first = new("src/Bank.cs", 10, "Transfer");
    private static readonly LockSite s_second = new("src/Bank.cs", 12, "Transfer");
    private static readonly LockSite s_third = new("src\\Audit.cs", 7);

    [Theory]
    [InlineData("report.txt")]
    [InlineData("report.json")]
    [InlineData("report.sarif")]
    [InlineData("report.dot")]
    [InlineData("report.mmd")]
    public void A_report_reads_as_its_golden_file(string file)
    {
        LockReport report = Sample();
        string text = Path.GetExtension(file) switch
        {
            ".txt" => report.ToText(),
            ".json" => report.ToJson(),
            ".sarif" => report.ToSarif(),
            ".dot" => report.ToDot(),
            _ => report.ToMermaid(),
        };
        Compare(file, text);
    }

    [Fact]
    public void Json_and_sarif_are_json()
    {
        LockReport report = Sample();
        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        Assert.Equal(4, json.RootElement.GetProperty("violations").GetArrayLength());
        using JsonDocument sarif = JsonDocument.Parse(report.ToSarif());
        JsonElement run = sarif.RootElement.GetProperty("runs")[0];
        JsonElement rules = run.GetProperty("tool").GetProperty("driver").GetProperty("rules");
        foreach (JsonElement result in run.GetProperty("results").EnumerateArray())
        {
            string id = result.GetProperty("ruleId").GetString()!;
            Assert.Equal(id, rules[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString());
        }
    }

    [Fact]
    public void The_page_holds_the_data_and_loads_nothing()
    {
        var bench = new Bench();
        var evil = new LockMap(LockClass.Create("</script><b>"));
        bench.Validator.Acquire(evil);
        bench.Validator.Acquire(bench["A"]);
        string page = LockReport.Create(bench.Validator, bench.Reports).ToHtml();
        Assert.DoesNotContain("</script><b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/*DATA*/", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/*STYLE*/", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/*SCRIPT*/", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=", page);
        Assert.Single(Regex.Matches(page, "</script>"));
    }

    [Fact]
    public void The_page_has_the_stacks_of_every_dependency_each_once()
    {
        var bench = new Bench(captureStacks: true);
        for (int i = 0; i < 50; i++)
        {
            bench.Nest("Outer", $"Inner{(char)('A' + i)}");
        }

        string page = LockReport.Create(bench.Validator, bench.Reports).ToHtml();
        string data = Regex.Match(page, "const data = (.*);\r?\n").Groups[1].Value;
        using JsonDocument json = JsonDocument.Parse(data);
        string[] frames = [.. json.RootElement.GetProperty("frames").EnumerateArray().Select(static frame => frame.GetString()!)];
        JsonElement stacks = json.RootElement.GetProperty("stacks");
        Assert.Equal(frames.Length, frames.Distinct().Count());
        Assert.InRange(stacks.GetArrayLength(), 1, 5);
        foreach (JsonElement dependency in json.RootElement.GetProperty("dependencies").EnumerateArray())
        {
            foreach (string side in (string[])["held", "wanted"])
            {
                int number = dependency.GetProperty("evidence").GetProperty(side).GetProperty("stack").GetInt32();
                Assert.Contains(stacks[number].EnumerateArray(), frame => frames[frame.GetInt32()].Contains(nameof(Bench.Nest), StringComparison.Ordinal));
            }
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(500)]
    public void A_page_with_many_classes_is_written_for_the_eye(int classes)
    {
        var bench = new Bench(captureStacks: true);
        var random = new Random(5);
        string[] names = [.. Enumerable.Range(0, classes).Select(i => classes < 10 ? $"Service{(char)('A' + i)}" : $"Company.Product.Area{i % 20}.Type{i}.Lock")];
        for (int i = 1; i < classes; i++)
        {
            TakeTwo(names[random.Next(i)], names[i]);
            TakeTwo(names[random.Next(Math.Max(1, i / 2))], names[i]);
        }

        TakeTwo(names[^1], names[0]);
        Assert.NotEmpty(bench.Reports);
        string folder = Path.Combine(Proof.Root(), "artifacts", "reports");
        Directory.CreateDirectory(folder);
        File.WriteAllText(
            Path.Combine(folder, $"lock-order-{classes}.html"), LockReport.Create(bench.Validator, bench.Reports).ToHtml());

        void TakeTwo(string first, string second)
        {
            if (first != second)
            {
                bench.Nest(first, second);
            }
        }
    }

    [Fact]
    public void A_report_has_both_stacks_of_every_step()
    {
        var bench = new Bench(captureStacks: true);
        bench.Nest("A", "B");
        bench.Nest("B", "A");
        LockViolation report = bench.Single(LockViolationKind.CircularDependency);
        foreach (LockViolationEdge edge in report.Dependencies)
        {
            Assert.Contains(edge.Held.Stack, static frame => frame.Contains(nameof(A_report_has_both_stacks_of_every_step), StringComparison.Ordinal));
            Assert.Contains(edge.Wanted.Stack, static frame => frame.Contains(nameof(Bench.Nest), StringComparison.Ordinal));
            Assert.DoesNotContain(edge.Wanted.Stack, static frame => frame.Contains(nameof(LockValidator), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_event_source_carries_the_report()
    {
        using var listener = new Listener();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.ToEventSource] });
        string unique = $"A{Guid.NewGuid():N}";
        validator.ReportProtocol(new LockMap(LockClass.Create(unique)), $"{unique} was bent.");
        Assert.Contains(listener.Payloads, payload => payload.Contains(unique, StringComparison.Ordinal));
    }

    [Fact]
    public void A_full_collection_counts_what_it_drops()
    {
        var sink = new CollectingSink(capacity: 1);
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [sink] });
        validator.AssertHeld(new object());
        validator.AssertHeld(new object());
        Assert.Equal(1, sink.Count);
        Assert.Equal(1, sink.Dropped);
    }

    internal static LockReport Sample()
    {
        LockReport? report = null;
        var thread = new Thread(() => report = MakeSample()) { Name = "golden" };
        thread.Start();
        thread.Join();
        return report!;
    }

    private static LockReport MakeSample()
    {
        var sink = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [sink], CaptureStacks = false });
        LockMap account = new(LockClass.Create("Bank.Account"), "savings");
        LockMap audit = new(LockClass.Create("Audit"), "log");
        LockMap index = new(LockClass.Create("Index \"main\""), "index");
        var shared = new LockAcquireOptions { Mode = LockAcquireMode.Shared };
        validator.Acquire(account.Class, account, s_first);
        validator.Acquire(audit.Class, audit, s_second);
        validator.Acquire(index.Class, index, shared, s_second);
        validator.Release(index);
        validator.Release(audit);
        validator.Release(account);
        validator.Acquire(audit.Class, audit, s_third);
        validator.Acquire(account.Class, account, s_third);
        validator.Release(account);
        validator.Release(audit);
        InterruptingContext callback = validator.DefineContext("callback");
        using (validator.EnterContext(callback))
        {
            validator.Acquire(index.Class, index, s_first);
            validator.Release(index);
        }

        validator.Acquire(index.Class, index, s_third);
        validator.Release(index);
        validator.Acquire(account.Class, account, s_first);
        validator.Acquire(account.Class, account, s_second);
        validator.Release(account);
        validator.Release(account);
        validator.Release(account);
        return LockReport.Create(validator, sink.Violations);
    }

    private static void Compare(string file, string text)
    {
        string path = Path.Combine(Proof.Root(), "tests", "FenceKit.Lockdep.Tests", "Reports", "Golden", file);
        string actual = Threads().Replace(text.Replace("\r\n", "\n", StringComparison.Ordinal), "thread N");
        if (Environment.GetEnvironmentVariable("FENCEKIT_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.Equal(File.ReadAllText(path), actual);
    }

    // Columns of an interleaving are numbered from one; only names of real threads differ from run to run.
    [GeneratedRegex("thread \\d+ ((\\\\u0022|\")[^\"\\\\]*(\\\\u0022|\"))")]
    private static partial Regex Threads();

    private sealed class Listener : EventListener
    {
        private readonly System.Collections.Concurrent.ConcurrentBag<string> _payloads = [];

        public IEnumerable<string> Payloads => _payloads;

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == LockViolationSink.EventSourceName)
            {
                EnableEvents(eventSource, EventLevel.Error);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => _payloads.Add(string.Join('|', eventData.Payload ?? (IReadOnlyList<object?>)[]));
    }
}
