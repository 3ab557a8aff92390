using System.Runtime.CompilerServices;

namespace FenceKit.Exploration;

// The BCL offers these for four integer types, and constants such as `1` must convert as they do there, so each type has its own overload.
internal static partial class InterlockedTwin
{
    public static int Increment(ref int location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, 1, name, member, returnsNew: true);

    public static int Decrement(ref int location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, -1, name, member, returnsNew: true);

    public static int Add(ref int location, int value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, value, name, member, returnsNew: true);

    public static int And(ref int location, int value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.And, value, name, member, returnsNew: false);

    public static int Or(ref int location, int value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Or, value, name, member, returnsNew: false);

    public static int Exchange(ref int location, int value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Exchange<int>(ref location, value, name, member);

    public static int CompareExchange(
        ref int location, int value, int comparand, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        CompareExchange<int>(ref location, value, comparand, name, member);

    public static uint Increment(ref uint location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, 1u, name, member, returnsNew: true);

    public static uint Decrement(ref uint location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, uint.MaxValue, name, member, returnsNew: true);

    public static uint Add(ref uint location, uint value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, value, name, member, returnsNew: true);

    public static uint And(ref uint location, uint value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.And, value, name, member, returnsNew: false);

    public static uint Or(ref uint location, uint value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Or, value, name, member, returnsNew: false);

    public static uint Exchange(ref uint location, uint value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Exchange<uint>(ref location, value, name, member);

    public static uint CompareExchange(
        ref uint location, uint value, uint comparand, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        CompareExchange<uint>(ref location, value, comparand, name, member);

    public static long Increment(ref long location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, 1L, name, member, returnsNew: true);

    public static long Decrement(ref long location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, -1L, name, member, returnsNew: true);

    public static long Add(ref long location, long value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, value, name, member, returnsNew: true);

    public static long And(ref long location, long value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.And, value, name, member, returnsNew: false);

    public static long Or(ref long location, long value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Or, value, name, member, returnsNew: false);

    public static long Exchange(ref long location, long value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Exchange<long>(ref location, value, name, member);

    public static long CompareExchange(
        ref long location, long value, long comparand, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        CompareExchange<long>(ref location, value, comparand, name, member);

    public static ulong Increment(ref ulong location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, 1ul, name, member, returnsNew: true);

    public static ulong Decrement(ref ulong location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, ulong.MaxValue, name, member, returnsNew: true);

    public static ulong Add(ref ulong location, ulong value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Add, value, name, member, returnsNew: true);

    public static ulong And(ref ulong location, ulong value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.And, value, name, member, returnsNew: false);

    public static ulong Or(ref ulong location, ulong value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Update(ref location, Change.Or, value, name, member, returnsNew: false);

    public static ulong Exchange(ref ulong location, ulong value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Exchange<ulong>(ref location, value, name, member);

    public static ulong CompareExchange(
        ref ulong location, ulong value, ulong comparand, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        CompareExchange<ulong>(ref location, value, comparand, name, member);

    public static long Read(ref readonly long location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        VolatileTwin.Read(in location, name, member);

    public static ulong Read(ref readonly ulong location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        VolatileTwin.Read(in location, name, member);
}
