Imports FenceKit
Imports FenceKit.Lockdep

Module Program
    Private ReadOnly Range As New AddressRange(0, 4096)
    Private ReadOnly Budget As TimeSpan = TimeSpan.FromSeconds(10)
    Private ReadOnly Owner As New InvalidationNotifier("pages")
    Private ReadOnly Readers As New ReaderGate(Owner, Range, "readers")
    Private ReadOnly Table As New TrackedLock(LockClass.Create("Table"))
    Private _page As Integer? = 42

    Private Function Read() As String
        Using Readers.Enter(Range)                              ' inside, the page stays
            Return If(_page.HasValue, _page.ToString(), "gone")
        End Using
    End Function

    Private Async Function ReadAsync() As Task(Of String)
        Using Await Readers.EnterAsync(Range, Budget)           ' may be held over an Await
            Return Read()
        End Using
    End Function

    Private Function TryFree() As Boolean
        Dim session As InvalidationSession = Nothing
        If Not Owner.TrySchedule(Range, InvalidationReason.Discard, session) Then Return False
        Using session
            If session.Wait(Budget) <> InvalidationOutcome.Completed Then Return False
            Using Table.EnterScope()
                _page = Nothing                                 ' nobody uses it any more
            End Using
            session.Commit()
            Return True
        End Using
    End Function

    Sub Main()
        Console.WriteLine($"{Read()} {TryFree()} {ReadAsync().Result}")
        Readers.Dispose()
        Owner.Dispose()
    End Sub
End Module
