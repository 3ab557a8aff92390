using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace FenceKit.Exploration;

/// <summary>The operations of one execution, in their order, one column for each thread.</summary>
internal sealed class OperationTrace(IReadOnlyList<string> threadNames)
{
    private const int ColumnWidth = 58;

    private readonly List<(int Thread, string Text)> _operations = [];
    private readonly ConditionalWeakTable<object, string> _objectNames = [];
    private int _objects;

    public void Add(int thread, string text) => _operations.Add((thread, text));

    /// <summary>Objects get a number at first sight, so that a trace reads the same every time.</summary>
    public string Describe(object? value) => value switch
    {
        null => "null",
        string text => text,
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        bool truth => truth ? "true" : "false",
        _ => _objectNames.GetValue(value, unnamed => $"{unnamed.GetType().Name}#{++_objects}"),
    };

    public override string ToString()
    {
        var text = new StringBuilder();
        AppendRow(text, threadNames.Select((name, index) => $"{(char)('A' + index)}: {name}"));
        AppendRow(text, threadNames.Select(_ => new string('-', ColumnWidth - 2)));
        foreach ((int thread, string operation) in _operations)
        {
            AppendRow(text, threadNames.Select((_, index) => index == thread ? operation : string.Empty));
        }

        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells)
    {
        text.Append("  ");
        foreach (string cell in cells)
        {
            string clipped = cell.Length < ColumnWidth ? cell : string.Concat(cell.AsSpan(0, ColumnWidth - 3), "..");
            text.Append(clipped.PadRight(ColumnWidth));
        }

        text.Length -= text.Length - text.ToString().TrimEnd().Length;
        text.Append('\n');
    }
}
