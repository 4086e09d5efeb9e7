/* SPDX-License-Identifier: MIT */
/* A native method of Java's, which calls back and throws. */
#include <jni.h>

JNIEXPORT jint JNICALL Java_Hello_twice(JNIEnv *env, jclass class, jint value)
{
	jclass exception = (*env)->FindClass(env, "java/lang/IllegalArgumentException");

	(void)class;
	if (value < 0)
		(*env)->ThrowNew(env, exception, "less than nothing");
	return 2 * value;
}
