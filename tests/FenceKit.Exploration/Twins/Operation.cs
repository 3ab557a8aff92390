namespace FenceKit.Exploration;

/// <summary>Texts of operations for the trace; only called while a failure is being replayed.</summary>
internal static class Operation
{
    public static bool AreSame<T>(T left, T right) =>
        typeof(T).IsValueType ? EqualityComparer<T>.Default.Equals(left, right) : ReferenceEquals(left, right);

    public static void Note(LogicalThread thread, string member, string operation) => thread.Note($"{member}: {operation}");

    public static void Note<T>(LogicalThread thread, string member, string operation, string name, T value, T old) =>
        thread.Note($"{member}: {operation} {Short(name)} {Describe(thread, value)} (was {Describe(thread, old)})");

    public static void NoteRead<T>(LogicalThread thread, string member, string name, T value) =>
        thread.Note($"{member}: {Short(name)} is {Describe(thread, value)}");

    public static void NoteWrite<T>(LogicalThread thread, string member, string name, T value, bool isBuffered) =>
        thread.Note($"{member}: {Short(name)} = {Describe(thread, value)}{(isBuffered ? " (in the store buffer)" : string.Empty)}");

    private static string Describe<T>(LogicalThread thread, T value)
    {
        using LogicalThread.Suspension suspension = LogicalThread.Suspend();
        return thread.Run.Trace!.Describe(value);
    }

    private static string Short(string name) =>
        name.StartsWith("ref ", StringComparison.Ordinal) ? name[4..] : name;
}
