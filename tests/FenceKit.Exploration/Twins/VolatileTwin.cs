using System.Runtime.CompilerServices;
using Real = System.Threading.Volatile;

namespace FenceKit.Exploration;

/// <summary>Stands in for <see cref="Real"/>. Under total store order a write may wait in the store buffer.</summary>
internal static partial class VolatileTwin
{
    /// <summary>Nothing to do in a model whose loads happen in order.</summary>
    public static void ReadBarrier() => Real.ReadBarrier();

    /// <summary>Nothing to do in a model whose plain stores are visible at once; delayed ones keep their order anyway.</summary>
    public static void WriteBarrier() => Real.WriteBarrier();

    public static T Read<T>(
        ref readonly T location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            T real = location;
            Real.ReadBarrier();
            return real;
        }

        thread.Step();
        T value = location;
        if (thread.IsTraced)
        {
            Operation.NoteRead(thread, member, name, value);
        }

        return value;
    }

    public static void Write<T>(
        ref T location, T value,
        [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "")
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            System.Threading.Interlocked.MemoryBarrier();
            location = value;
            return;
        }

        thread.Step();
        if (thread.Run.DelaysWrite(thread))
        {
            thread.MakeRoomForStore();
            thread.Stores.Add(ref location, value, name);
        }
        else
        {
            location = value;
            thread.Changed();
        }

        if (thread.IsTraced)
        {
            Operation.NoteWrite(thread, member, name, value, isBuffered: thread.Stores.Count > 0);
        }
    }

    public static void ReadBarrier([CallerMemberName] string member = "") => Barrier(member, nameof(ReadBarrier));

    public static void WriteBarrier([CallerMemberName] string member = "") => Barrier(member, nameof(WriteBarrier));

    /// <summary>Neither model reorders what these two order, so they are a step and nothing else.</summary>
    private static void Barrier(string member, string kind)
    {
        LogicalThread? thread = LogicalThread.Current;
        if (thread is null)
        {
            System.Threading.Interlocked.MemoryBarrier();
            return;
        }

        thread.Step();
        if (thread.IsTraced)
        {
            Operation.Note(thread, member, kind);
        }
    }
}
