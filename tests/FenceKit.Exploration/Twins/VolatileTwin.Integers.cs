using System.Runtime.CompilerServices;

namespace FenceKit.Exploration;

// Constants such as `1` must convert as they do with the BCL's overloads, so each integer type has its own.
internal static partial class VolatileTwin
{
    public static int Read(ref readonly int location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Read<int>(in location, name, member);

    public static void Write(ref int location, int value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Write<int>(ref location, value, name, member);

    public static uint Read(ref readonly uint location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Read<uint>(in location, name, member);

    public static void Write(ref uint location, uint value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Write<uint>(ref location, value, name, member);

    public static long Read(ref readonly long location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Read<long>(in location, name, member);

    public static void Write(ref long location, long value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Write<long>(ref location, value, name, member);

    public static ulong Read(ref readonly ulong location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Read<ulong>(in location, name, member);

    public static void Write(ref ulong location, ulong value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Write<ulong>(ref location, value, name, member);

    public static byte Read(ref readonly byte location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Read<byte>(in location, name, member);

    public static void Write(ref byte location, byte value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Write<byte>(ref location, value, name, member);

    public static short Read(ref readonly short location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Read<short>(in location, name, member);

    public static void Write(ref short location, short value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Write<short>(ref location, value, name, member);

    public static nint Read(ref readonly nint location, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Read<nint>(in location, name, member);

    public static void Write(ref nint location, nint value, [CallerArgumentExpression(nameof(location))] string name = "", [CallerMemberName] string member = "") =>
        Write<nint>(ref location, value, name, member);
}
