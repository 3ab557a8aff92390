// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>All the ways to take locks that people have, in programs that know nothing of it.</summary>
public sealed class CatalogTests : IDisposable
{
    private static readonly string s_catalog = Programs.Case("Catalog");
    private readonly ToolProcess _tool = new();
    private readonly string _report = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(_report);
        _tool.Dispose();
    }

    [Fact]
    public void What_can_hang_is_reported_whatever_the_lock()
    {
        ToolRun run = Run("bad");
        Assert.Equal(ExitCodes.Found, run.ExitCode);
        Assert.Contains("bad: all paths were run", run.Output, StringComparison.Ordinal);
        string[] expected =
        [
            "a lock in a closure: Catalog.BadMonitors.Locals.first, Catalog.BadMonitors.second",
            "an iterator: Catalog.Iterator.s_item, Catalog.Iterator.s_list",
            "a generic class: Catalog.Box<>._key, Catalog.Box<>.s_all",
            "a Lazy: Catalog.Deferred._table, System.Lazy<> in Catalog.Deferred.Make",
            "a Lock: Catalog.Modern._one, Catalog.Modern._two",
            "a Monitor: Catalog.Fields._one, Catalog.Fields._two",
            "a Mutex by its name: Catalog.Named.s_gate, Mutex",
            "a ReaderWriterLockSlim: Catalog.Readers._row, Catalog.Readers._table",
            "a registration: Catalog.Direct._gate, callback Catalog.Direct.OnCanceled",
            "a registration as IDisposable: Catalog.Boxed._gate, callback Catalog.Boxed.Register (lambda)",
            "a registration in a using: Catalog.Scoped._gate, callback Catalog.Scoped.OnCanceled",
            "a SemaphoreSlim: Catalog.Permits._door, Catalog.Permits._room",
            "a SemaphoreSlim over an await: Catalog.OrderFlow._orders, Catalog.StockFlow._stock",
            "a SemaphoreSlim that a method hands on: Catalog.Releasing._left, Catalog.ReleasingToo._right",
            "a task of a factory: Catalog.FactoryTask._gate",
            "a task that is asked: Catalog.AskedTask._gate",
            "a task that is waited for: Catalog.WaitedTask._gate",
            "a thread that is joined: Catalog.JoinedThread._gate",
            "a Timer: Catalog.Ticking._gate, callback Catalog.Ticking.Run (lambda)",
            "Synchronized: Catalog.Inner (this), Catalog.Outer (this)",
            "Synchronized and static: Catalog.Statics.s_other, typeof(Catalog.Statics)",
            "this: Catalog.Selves (this), Catalog.Selves._items",
            "typeof: Catalog.Types.s_gate, typeof(Catalog.Types)",
            "a pulse: Catalog.Pulsed._outer, pulse of Catalog.Pulsed._queue",
            "a monitor that is entered again behind a wait: Catalog.Reentered._item, Catalog.Reentered._queue",
            "a ManualResetEventSlim: Catalog.SlimEvent._gate, Catalog.SlimEvent._ready",
            "an AutoResetEvent: Catalog.SelfResetting._gate, Catalog.SelfResetting._turn",
            "a ManualResetEvent: Catalog.SignaledUnderLock._gate, Catalog.SignaledUnderLock._loaded",
            "a CountdownEvent: Catalog.Counted._gate, Catalog.Counted._left",
            "a TaskCompletionSource: Catalog.Completed._answer, Catalog.Completed._gate",
            "a TaskCompletionSource that is awaited: Catalog.Signaled._door, Catalog.Signaled._open",
            "a signal, and three who wait: Catalog.ThreeParties._done, Catalog.ThreeParties._signaling, Catalog.ThreeParties._waiting",
            "two signals: Catalog.TwoSignals._left, Catalog.TwoSignals._leftDone, Catalog.TwoSignals._right, Catalog.TwoSignals._rightDone",
            "a SpinLock: Catalog.BadSpins.s_left, Catalog.BadSpins.s_right",
            "a SpinLock in an object: Catalog.SpinFields._gate, Catalog.SpinFields._spin",
            "a static constructor that has run: Catalog.BadTypes.Gate, static constructor of Catalog.RunBefore",
            "a static constructor that is run with the lock: Catalog.BadTypes.Other, static constructor of Catalog.RunInside",
            "static fields: Catalog.FieldsOnlyGate.Gate, static constructor of Catalog.FieldsOnly",
            "WaitAll: Catalog.AllTasks._gate",
            "WhenAll: Catalog.AnyCount._gate",
            "a result: Catalog.ResultAfterEnd._gate",
            "an asynchronous method: Catalog.AsyncMethod._gate, task of Catalog.AsyncMethod.WorkAsync",
            "a ValueTask that hands on: Catalog.ValueFlow._one, Catalog.ValueFlow._two",
            "a pooled ValueTask that hands on: Catalog.PooledFlow._one, Catalog.PooledFlow._two",
            "methods that continue inside each other: Catalog.Links._left, Catalog.Links._right",
            "work that nobody waits for: Catalog.Forgotten._one, Catalog.Forgotten._two",
            "a Mutex that is opened: Catalog.Opened.s_gate, Mutex",
            "a Mutex with options: Catalog.WithOptions.s_gate, Mutex",
            "several that are waited for at once: Catalog.AllHandles._gate, Catalog.AllHandles._two",
            "one of several: Catalog.AnyHandle._gate, Catalog.AnyHandle._one",
            "a registration whose end is awaited: Catalog.AwaitedRegistration._door, callback Catalog.AwaitedRegistration.OnCanceled",
            "a timer whose end is awaited: Catalog.AwaitedTimer._door, callback Catalog.AwaitedTimer.OnTick",
            "locks that a method is given: Catalog.Arguments._first, Catalog.Arguments._second",
            "locks that a structure keeps: Catalog.Guarded._north, Catalog.Guarded._south",
            "a Lazy that is made already: Catalog.MadeOnce.s_settings, Catalog.MadeOnce.s_value",
            "a Lazy that is made already, on a thread that the flow has just come to: Catalog.Hopped._door, Catalog.Hopped._value",
            "locks after two permits that were handed on: Catalog.HandedOnTwice._down, Catalog.HandedOnTwice._up",
            "a LazyInitializer with a lock: Catalog.MadeUnderLock._gate, Catalog.MadeUnderLock._making",
            "a loop that wants the caller's lock: Catalog.OwnLoop._gate, parallel work of Catalog.OwnLoop.Run",
            "a linked source: Catalog.Linked._gate, callbacks of Catalog.Linked.Run.stopping",
            "a callback that a method is given: Catalog.GivenCallback._gate, callback Catalog.GivenCallback.OnStopped",
            "a ReaderWriterLock: Catalog.OldReaders._row, Catalog.OldReaders._table",
            "a BlockingCollection: Catalog.Queued._gate, Catalog.Queued._queue",
            "a SemaphoreSlim without a permit: Catalog.Permitless._gate, Catalog.Permitless._ready",
            "a registration in a collection: Catalog.Collected._gate, callback Catalog.Collected.OnCanceled",
            "a registration in an array: Catalog.Several._gate, callback Catalog.Several.OnCanceled",
            "a registration that another class ends: Catalog.EndedByAnother._gate, callback Catalog.EndedByAnother.OnCanceled",
            "a registration as IAsyncDisposable: Catalog.AwaitedAsDisposable._door, callback Catalog.AwaitedAsDisposable.OnCanceled",
            "an asynchronous iterator: Catalog.Rows._log, Catalog.Rows._rows",
            "an asynchronous iterator that is waited for: Catalog.AwaitedRows._index, Catalog.AwaitedRows._pages",
            "work that continues: Catalog.Continuing._gate",
            "what comes before work that continues: Catalog.ContinuedTask._gate",
            "work that is unwrapped: Catalog.Unwrapped._gate",
            "a chain that is awaited: Catalog.AwaitedChain._first",
            "a permit that work goes on with: Catalog.ContinuedPermit._row, Catalog.ContinuedPermit._table",
            "a channel: Catalog.Mailbox._door, Catalog.Mailbox._letters",
            "a channel that a thread blocks for: Catalog.BlockingMailbox._gate, Catalog.BlockingMailbox._orders",
            "all of a channel: Catalog.Stream._door, Catalog.Stream._events",
            "the result of a ValueTask: Catalog.ValueResult._gate",
            "a lock for each key: Catalog.Keyed._byKey[], Catalog.Keyed._stripes[]",
        ];
        string[] wanted = [.. expected.Select(static line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]).Order(StringComparer.Ordinal)];
        Assert.Equal(wanted, Found());
        Assert.All(Report().Locks.Violations, static violation => Assert.True(violation.Confidence >= LockConfidence.Likely));

        // Calls that continue inside each other hold what stands for their method once.
        LockViolation links = Report().Locks.Violations.Single(static violation => violation.ClassNames.Contains("Catalog.Links._left"));
        Assert.Single(links.Dependencies.SelectMany(static edge => edge.AllHeld), static held => held.ClassName == "task of Catalog.Links.LinkAsync");

        // Objects of one name are one lock, not two of a class.
        Assert.All(
            Report().Locks.Violations.Where(static violation => violation.ClassNames.Any(static name => name.StartsWith("Mutex ", StringComparison.Ordinal))),
            static violation => Assert.Equal(LockConfidence.Certain, violation.Confidence));
    }

    private string[] Found() =>
        [.. Report().Locks.Violations.Select(static violation => string.Join(", ", violation.ClassNames.Select(NameOf).Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal)];

    [Fact]
    public void What_cannot_hang_is_not()
    {
        ToolRun run = Run("good");
        Assert.Contains("good: all paths were run", run.Output, StringComparison.Ordinal);
        Assert.Empty(Report().Locks.Violations);
        Assert.Equal(ExitCodes.Clean, run.ExitCode);
    }

    // Each is named in the part of docs/lockdep-tool.md about what is not seen.
    [Fact]
    public void What_is_said_not_to_be_seen_is_not()
    {
        ToolRun run = Run("unseen");
        Assert.Contains("unseen: all paths were run", run.Output, StringComparison.Ordinal);
        Assert.Empty(Report().Locks.Violations);
    }

    [Fact]
    public void An_old_lock_is_held_as_its_thread_has_it_after_each_change_of_mode()
    {
        Assert.Equal(ExitCodes.Clean, Run("old-readers").ExitCode);
        string[] expected =
        [
            "s_table -> s_afterTimeout: SharedToQueued", // it stays a reader
            "s_table -> s_upgraded: ExclusiveToQueued",
            "s_table -> s_downgraded: SharedToQueued",
            "s_table -> s_asBefore: SharedToQueued", // as often as before
            "s_restored -> s_table: ExclusiveToQueued", // waits for it again
            "s_table -> s_end: ExclusiveToQueued",
        ];
        string[] found = [.. Report().Locks.Dependencies.Select(static order => $"{Short(order.From)} -> {Short(order.To)}: {order.Kinds}")];
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("hang", "Catalog.Hangs.s_left", "Catalog.Hangs.s_right")]
    [InlineData("hang-async", "Catalog.Hangs.s_first", "Catalog.Hangs.s_second")]
    public void A_program_that_hangs_is_ended_and_says_who_waits_for_whom(string what, string first, string second)
    {
        ToolRun run = _tool.Run("run", "--hang", "1", "--json", _report, "--", "dotnet", s_catalog, what);
        Assert.Equal(ExitCodes.Found, run.ExitCode);
        Assert.Contains("The program hangs", run.Error, StringComparison.Ordinal);
        LockViolation hang = Assert.Single(Report().Locks.Violations, static violation => violation.Message.StartsWith("The program hangs", StringComparison.Ordinal));
        Assert.Equal([first, second], hang.ClassNames.Order(StringComparer.Ordinal));
        Assert.Equal(2, hang.Dependencies.Count);
        Assert.All(hang.Dependencies, static edge => Assert.NotEmpty(edge.Wanted.Stack));
    }

    [Theory]
    [InlineData("thread", "(started work)")]
    [InlineData("task", "(started work)")]
    [InlineData("method", "task of Catalog.Hangs.Work.BodyAsync")]
    [InlineData("lazy", "Catalog.Hangs.lazy")]
    [InlineData("callback", "callback Catalog.Hangs.Work.Body")]
    public void Whoever_hangs_waits_for_work_as_well_as_for_locks(string how, string work)
    {
        ToolRun run = _tool.Run("run", "--hang", "1", "--json", _report, "--", "dotnet", s_catalog, "hang-work", how);
        Assert.Equal(ExitCodes.Found, run.ExitCode);
        LockViolation hang = Assert.Single(Report().Locks.Violations, static violation => violation.Message.StartsWith("The program hangs", StringComparison.Ordinal));
        Assert.Equal(((string[])["Catalog.Hangs.s_left", work]).Order(StringComparer.Ordinal), hang.ClassNames.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("exit", 7)]
    [InlineData("throw", 134)]
    public void Whatever_the_end_its_code_is_kept_and_the_findings_are_written(string what, int code)
    {
        ToolRun run = Run(what);
        Assert.Equal(code, run.ExitCode);
        Assert.Contains(Report().Locks.Violations, static violation => violation.ClassNames.Contains("Catalog.Fields._one"));
        Assert.Equal(code, Report().Run!.ExitCode);
    }

    [Fact]
    public void What_is_known_is_taken_and_let_go_without_a_byte()
    {
        ToolRun run = _tool.Run("run", "--", "dotnet", Programs.Case("Cost"), "quick");
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["monitor", "lock", "nested8", "lazy", "semaphore"], lines.Select(static line => line.Split(' ')[0]));
        Assert.All(lines[..4], static line => Assert.EndsWith(" 0.00", line.TrimEnd(), StringComparison.Ordinal));
    }

    // Nothing but these eight: in a program that does more, another chain may happen to be in the way of none.
    [Fact]
    public void Eight_locks_that_are_nested_cost_no_byte_in_a_program_that_has_no_others()
    {
        using Process served = _tool.Start(isInputRedirected: true, "run", "--", "dotnet", Programs.Case("Cost"), "serve", "nested8");
        served.StandardInput.WriteLine("1000"); // what is new allocates
        served.StandardInput.WriteLine("1000");
        served.StandardInput.Close();
        string output = served.StandardOutput.ReadToEnd();
        served.WaitForExit();
        Assert.Equal("0", output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1].TrimEnd());
    }

    [Fact]
    public void What_stands_behind_the_dashes_is_the_programs()
    {
        ToolRun run = _tool.Run("run", "--", "dotnet", s_catalog, "arguments", "--json", "a b", "--", "-x");
        Assert.Contains("arguments|--json|a b|--|-x", run.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Clean, run.ExitCode);
    }

    // The name of a process is in that of the mutex.
    private static string NameOf(string name) => name.StartsWith("Mutex ", StringComparison.Ordinal) ? "Mutex" : name;

    private static string Short(string name) => name[(name.LastIndexOf('.') + 1)..];

    private ToolRun Run(string what) => _tool.Run("run", "--json", _report, "--", "dotnet", s_catalog, what);

    private RunReport Report() => RunReport.Parse(File.ReadAllText(_report));
}
