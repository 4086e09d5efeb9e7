/* SPDX-License-Identifier: MIT */
class Hello {
	static native int twice(int value);

	public static void main(String[] arguments) throws Exception {
		System.loadLibrary("hello");
		int[] sum = new int[8];
		Thread[] threads = new Thread[8];
		for (int i = 0; i < threads.length; i++) {
			int n = i;
			threads[i] = new Thread(() -> { for (int k = 0; k < 100000; k++) sum[n] += twice(1); });
			threads[i].start();
		}
		for (Thread thread : threads)
			thread.join();
		try {
			twice(-1);
		} catch (IllegalArgumentException e) {
			System.out.println(java.util.Arrays.stream(sum).sum() + " " + e.getMessage());
		}
		System.out.println(new Process[] { new ProcessBuilder("true").start() }[0].waitFor());
		try {
			new Object[0][0].toString();
		} catch (ArrayIndexOutOfBoundsException e) { /* by a signal, in compiled code */
			System.out.println("caught");
		}
	}
}
