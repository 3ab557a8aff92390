// SPDX-License-Identifier: MIT
namespace FenceKit.Analyzers.Tests;

/// <summary>What the members of a test stand in: an owner of memory, with a lock and a fence of each kind.</summary>
internal static class Scene
{
    private const string Before = """
        using System;
        using System.Collections.Generic;
        using System.Linq;
        using System.Runtime.InteropServices;
        using System.Threading;
        using System.Threading.Tasks;
        using FenceKit;
        using FenceKit.Lockdep;

        internal sealed class Table
        {
            public Mapping this[AddressRange range] { set { } }
            public void Park(AddressRange range) { }
            public void Free(AddressRange range) { }
            public void Restore(AddressRange range) { }
        }

        internal sealed class Mapping { public unsafe byte* Pointer; }

        internal sealed unsafe partial class Example
        {
            private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(1);
            private readonly TrackedLock _orders = new(LockClass.Create("orders"));
            private readonly TrackedReaderWriterLock _prices = new(LockClass.Create("prices"));
            private readonly TrackedSemaphore _slots = new(LockClass.Create("slots"));
            private readonly WoundWaitLock _buffer = new(new WoundWaitClass("buffers"));
            private readonly InvalidationNotifier _notifier = new("pool");
            private readonly ReaderGate _gate = null!;
            private readonly FenceTimeline _timeline = new("engine");
            private readonly FencePool _pool = new("fences", 4);
            private readonly InvalidationSubscription _subscription = null!;
            private readonly Table _table = new();
            private byte* _data;
            private int _count;
            private byte* Find(AddressRange range) => _data;
            private Span<byte> View(AddressRange range) => new(_data, 1);
            private void Publish() { }
            private static Task SaveAsync() => Task.CompletedTask;
            private static void Use(object? value) { }
        }

        """;

    // No await in an unsafe context: only members that name a pointer are in one.
    internal static string With(string members) =>
        $"{Before}internal sealed {(members.Contains("byte*", StringComparison.Ordinal) || members.Contains("*Find", StringComparison.Ordinal) || members.Contains(".Pointer", StringComparison.Ordinal) ? "unsafe " : "")}partial class Example\n{{\n{members}\n}}\n";
}
