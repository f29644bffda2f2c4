namespace WhatsApp.Protocol;

/// <summary>What became of the wish for a code: the code, or why there is none.</summary>
/// <param name="Code">On show now.</param>
/// <param name="Refusal">Set when there is no code.</param>
internal sealed record CodeAnswer(PairingCode? Code, Exception? Refusal = null);

/// <summary>The owner wants a code for a number: every connection of the round asks for one, until linked or refused.</summary>
/// <param name="phoneNumber">Digits.</param>
internal sealed class CodeWish(string phoneNumber)
{
    private readonly TaskCompletionSource<CodeAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Digits.</summary>
    public string PhoneNumber => phoneNumber;

    /// <summary>The first answer; never fails.</summary>
    public Task<CodeAnswer> Answer => _answer.Task;

    /// <summary>A code is on show.</summary>
    public void Show(PairingCode code) => _answer.TrySetResult(new CodeAnswer(code));

    /// <summary>No code will come.</summary>
    public void Refuse(Exception why) => _answer.TrySetResult(new CodeAnswer(null, why));
}
