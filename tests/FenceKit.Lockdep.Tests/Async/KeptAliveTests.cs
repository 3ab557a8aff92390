// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Async;

/// <summary>What a validator keeps of a program: nothing that the program itself has let go.</summary>
[Collection(Alone.Name)]
public sealed class KeptAliveTests
{
    private readonly AsyncBench _bench = new();

    [Fact]
    public void A_lock_that_was_let_go_keeps_nothing_alive_that_its_flow_carried()
    {
        ExecutionContext empty = ExecutionContext.Capture()!;
        WeakReference value = HoldWithValue(empty);
        Assert.True(IsCollected(value));
        GC.KeepAlive(_bench);
    }

    /// <summary>The row of the matrix. The plug-in is this assembly once more, loaded beside itself.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Collectible_AssemblyLoadContext_unload_frees_classes(bool captureStacks)
    {
        var validator = new LockValidator(new LockValidatorOptions { CaptureStacks = captureStacks, Sinks = [new CollectingSink()] });
        WeakReference plugIn = RunPlugIn(validator);
        Assert.NotEmpty(validator.Violations);
        Assert.True(IsCollected(plugIn));
        if (captureStacks)
        {
            Assert.Contains(validator.Violations[0].Dependencies[0].Wanted.Stack, static frame => frame.EndsWith("KeptAliveTests.TakeInBothOrders", StringComparison.Ordinal));
        }
    }

    /// <summary>What the plug-in does.</summary>
    public static LockClass[] TakeInBothOrders(LockValidator validator)
    {
        LockClass[] classes = [LockClass.Create("plug-in A"), LockClass.Create("plug-in B")];
        TrackedLock first = new(classes[0], validator: validator);
        TrackedLock second = new(classes[1], validator: validator);
        foreach ((TrackedLock outer, TrackedLock inner) in ((TrackedLock, TrackedLock)[])[(first, second), (second, first)])
        {
            using (outer.EnterScope())
            using (inner.EnterScope())
            {
            }
        }

        return classes;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference HoldWithValue(ExecutionContext context)
    {
        WeakReference? kept = null;
        ExecutionContext.Run(context, _ =>
        {
            object value = new();
            var local = new AsyncLocal<object?> { Value = value };
            kept = new WeakReference(value);
            _bench.Validator.Hold(new LockMap(_bench.Class("A")), default(LockAcquireOptions)).Dispose();
            GC.KeepAlive(local);
        }, null);
        return kept!;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference RunPlugIn(LockValidator validator)
    {
        var context = new AssemblyLoadContext("plug-in", isCollectible: true);
        Assembly assembly = context.LoadFromAssemblyPath(typeof(KeptAliveTests).Assembly.Location);
        MethodInfo run = assembly.GetType(typeof(KeptAliveTests).FullName!)!.GetMethod(nameof(TakeInBothOrders))!;
        Assert.NotSame(typeof(KeptAliveTests).Assembly, assembly);
        foreach (LockClass one in (LockClass[])run.Invoke(null, [validator])!)
        {
            validator.Forget(one);
        }

        context.Unload();
        return new WeakReference(context);
    }

    private static bool IsCollected(WeakReference reference)
    {
        for (int i = 0; i < 20 && reference.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return !reference.IsAlive;
    }
}
