// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace FenceKit.Lockdep.Tool.Tests.Support;

/// <summary>Reports as a run would leave them, made with a validator of their own.</summary>
internal static partial class Shop
{
    private static readonly LockSite s_transfer = new("src/Bank.cs", 10, "Transfer");
    private static readonly LockSite s_audit = new("src/Audit.cs", 7, "Write");
    private static readonly LockSite s_refresh = new("src/Index.cs", 21);

    // Not at once: the thread that makes them needs the fields above, and would wait for the initializer that waits for it.
    private static readonly Lazy<LockReport> s_report = new(static () => Make(static validator =>
    {
        LockMap account = new(LockClass.Create("Shop.Bank::_accounts"), "accounts");
        LockMap audit = new(LockClass.Create("Shop.Audit<Order, Line>::_log"), "log");
        LockMap index = new(LockClass.Create("Shop.Index::_gate"), "gate");
        Nest(validator, (account, s_transfer), (audit, s_transfer));
        Nest(validator, (audit, s_audit), (account, s_audit));
        Nest(validator, (index, s_refresh), (index, s_refresh));
        validator.AssertHeld(new LockMap(LockClass.Create("Shop.Index::_[red]mark[/]"), "mark"));
    }));

    private static readonly Lazy<LockReport> s_before = new(static () => Make(static validator =>
    {
        LockMap account = new(LockClass.Create("Shop.Bank::_accounts"), "accounts");
        LockMap audit = new(LockClass.Create("Shop.Audit<Order, Line>::_log"), "log");
        Nest(validator, (account, s_transfer), (audit, s_transfer));
    }));

    /// <summary>A circle of the same two locks, a recursion, and a lock that was let go without being held.</summary>
    public static LockReport Report => s_report.Value;

    /// <summary>The same program before somebody wrote to the log the other way round.</summary>
    public static LockReport Before => s_before.Value;

    /// <summary>Two locks in both orders, called as a hostile assembly may call them.</summary>
    public static LockReport Named(string one, string other) => Make(validator =>
    {
        LockMap first = new(LockClass.Create(one), "first"), second = new(LockClass.Create(other), "second");
        Nest(validator, (first, s_transfer), (second, s_transfer));
        Nest(validator, (second, s_audit), (first, s_audit));
    });

    /// <summary>Three locks in a circle.</summary>
    public static LockReport Circle(string a, string b, string c) => Make(validator =>
    {
        LockMap first = new(LockClass.Create(a), "first"), second = new(LockClass.Create(b), "second"), third = new(LockClass.Create(c), "third");
        Nest(validator, (first, s_transfer), (second, s_transfer));
        Nest(validator, (second, s_audit), (third, s_audit));
        Nest(validator, (third, s_refresh), (first, s_refresh));
    });

    private static LockReport Make(Action<LockValidator> run)
    {
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [new CollectingSink()], CaptureStacks = false });
        var thread = new Thread(() => run(validator)) { Name = "shop" };
        thread.Start();
        thread.Join();

        // The numbers of threads differ from run to run, and with their digits the width of a table.
        return LockReport.Parse(Threads().Replace(LockReport.Create(validator).ToJson(), "thread 12"));
    }

    private static void Nest(LockValidator validator, (LockMap Map, LockSite Site) outer, (LockMap Map, LockSite Site) inner)
    {
        validator.Acquire(outer.Map.Class, outer.Map, outer.Site);
        validator.Acquire(inner.Map.Class, inner.Map, inner.Site);
        validator.Release(inner.Map);
        validator.Release(outer.Map);
    }

    [GeneratedRegex("thread \\d+(?= \\\\u0022shop)")]
    private static partial Regex Threads();
}
