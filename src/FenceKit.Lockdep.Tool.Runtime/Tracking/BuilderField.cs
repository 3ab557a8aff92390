// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Reflection.Emit;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>What a builder of asynchronous methods has inside: the object that whoever awaits has too. Null while nobody has, for the method has not waited yet.</summary>
internal static class BuilderField<TBuilder>
    where TBuilder : struct
{
    private static readonly Reader? s_read = Make();

    private delegate object? Reader(ref TBuilder builder);

    public static object? Of(ref TBuilder builder) => s_read?.Invoke(ref builder);

    // The type of the field has no name that could be written here.
    private static Reader? Make()
    {
        FieldInfo? field = typeof(TBuilder).GetField("m_task", BindingFlags.Instance | BindingFlags.NonPublic);
        if (field is null || field.FieldType.IsValueType)
        {
            return null; // another runtime: what such methods hand on is not followed
        }

        DynamicMethod read = new("TaskOf", typeof(object), [typeof(TBuilder).MakeByRefType()], typeof(TBuilder), skipVisibility: true);
        ILGenerator code = read.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldfld, field);
        code.Emit(OpCodes.Ret);
        return read.CreateDelegate<Reader>();
    }
}
