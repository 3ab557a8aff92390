// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Reflection.Emit;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Reads the object inside a builder of asynchronous methods that the awaiting code also has. Null while there is none, because the method
/// has not awaited yet.
/// </summary>
internal static class BuilderField<TBuilder>
    where TBuilder : struct
{
    private static readonly Reader? s_read = Make();

    private delegate object? Reader(ref TBuilder builder);

    public static object? Of(ref TBuilder builder) => s_read?.Invoke(ref builder);

    // The type of the field cannot be named in C#.
    private static Reader? Make()
    {
        FieldInfo? field = typeof(TBuilder).GetField("m_task", BindingFlags.Instance | BindingFlags.NonPublic);
        if (field is null || field.FieldType.IsValueType)
        {
            return null; // another version of the runtime: transfers by such methods are not tracked
        }

        DynamicMethod read = new("TaskOf", typeof(object), [typeof(TBuilder).MakeByRefType()], typeof(TBuilder), skipVisibility: true);
        ILGenerator code = read.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldfld, field);
        code.Emit(OpCodes.Ret);
        return read.CreateDelegate<Reader>();
    }
}
